"""Which test images are shown: chosen by rule, so that nobody can pick the ones that please."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sspbench.contract import Measure
from sspbench.errors import UserError

from ..results import MethodRow, Results
from ..statistics import by_image
from ..subject import SUBJECT
from .pictures import Pictures

BY_HASH = 3
"""How many images are chosen by the hash of their names."""

BY_NAME = "by hash of its name"


@dataclass(frozen=True)
class Choice:
    """A chosen image: its name and why it was chosen."""

    name: str
    why: str


def scores_of(results: Results) -> pd.DataFrame:
    """Return the scores; an empty frame where no run finished."""
    try:
        return results.scores
    except UserError:
        return pd.DataFrame(columns=["row", "seed", "image", "metric", "value"])


def subject(results: Results) -> MethodRow | None:
    """Return the paper's method where it finished, else the last other method that did, else None."""
    done = [row for row in results.rows if results.ended(row) == "done" and not row.ablation]
    done = [row for row in done if row.runs[0].kind != "control"]
    named = [row for row in done if row.id == SUBJECT]
    return next(reversed(named or done), None)


def yardstick(results: Results) -> Measure | None:
    """Return the measure that ranks images: Dice, else the first of Table 1 that was scored."""
    scored = set(scores_of(results)["metric"])
    found = [measure for measure in results.measures.values() if measure.name in scored and measure.better != "none"]
    first = [measure for measure in found if measure.name == "dice"]
    quality = [measure for measure in found if measure.table == "quality"]
    return next(iter(first + quality), None)


def ranked(results: Results) -> list[str]:
    """Return image names from best to worst of the subject (mean over seeds), those that the summary counts."""
    row, measure = subject(results), yardstick(results)
    if row is None or measure is None:
        return []
    means = by_image(results.values(row.id, measure.name)).sort_index()
    sign = -1.0 if measure.better == "higher" else 1.0
    return [str(name) for name in means.index[np.argsort(sign * means.to_numpy(), kind="stable")]]


def by_hash(names: list[str]) -> list[str]:
    """Return names in the order of the SHA-256 of the name: the same on every machine, and nobody's choice."""
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())


def showcase(results: Results, pictures: Pictures) -> list[Choice]:
    """Return the chosen images: best, median, worst of the subject, then three by hash; fewer where there are few."""
    order = [name for name in ranked(results) if name in set(pictures.names)]
    chosen: dict[str, str] = {}
    row, measure = subject(results), yardstick(results)
    if order and row is not None and measure is not None:
        who = f"{row.label}, {measure.label}"
        picks = {"best": order[0], "median": order[(len(order) - 1) // 2], "worst": order[-1]}
        for word, name in picks.items():
            chosen.setdefault(name, f"{word} of {who}")
    rest = [name for name in by_hash(pictures.names) if name not in chosen]
    chosen |= dict.fromkeys(rest[:BY_HASH], BY_NAME)
    return [Choice(name, why) for name, why in chosen.items()]


def rule(results: Results) -> str:
    """Return the rule in words."""
    row, measure = subject(results), yardstick(results)
    first = (
        ""
        if row is None or measure is None
        else f"best, median and worst test image of {row.label} by {measure.label}, and "
    )
    zoom = results.plan.config["figures"]["zoom"]
    region = "where the methods' masks differ most" if zoom == "disputed" else "the config's (figures.zoom)"
    return f"Images by rule: {first}{BY_HASH} by the SHA-256 of their names. Enlarged region: {region}."


@dataclass(frozen=True)
class Groups:
    """The two kinds of difficulty the paper shows apart (its Fig. 4 and 5)."""

    texture: list[str]
    illumination: list[str]


def unevenness(image: np.ndarray) -> float:
    """Return the coefficient of variation of the mean brightness of an 8 x 8 grid of blocks of a (H, W) image."""
    means = [block.mean() for band in np.array_split(image, 8, axis=0) for block in np.array_split(band, 8, axis=1)]
    return float(np.std(means) / max(np.mean(means), 1.0))


def sharpness(image: np.ndarray) -> float:
    """Return the mean size of the brightness gradient of a (H, W) image, relative to its mean brightness."""
    down, right = np.gradient(image.astype(np.float64))
    return float(np.hypot(down, right).mean() / max(image.mean(), 1.0))


def groups(pictures: Pictures, each: int = 2) -> Groups:
    """Return the ``each`` most unevenly lit inputs, and of the others the ``each`` with the weakest texture."""
    found: dict[str, tuple[float, float]] = {}
    for name in pictures.names:  # two numbers of each image are kept, never its pixels
        image = pictures.origin(name)
        if image is not None:
            found[name] = (-unevenness(image), sharpness(image))
    uneven = sorted(found, key=lambda name: (found[name][0], name))[:each]
    rest = [name for name in found if name not in uneven]
    return Groups(sorted(rest, key=lambda name: (found[name][1], name))[:each], uneven)
