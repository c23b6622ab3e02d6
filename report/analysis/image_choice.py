"""Chooses the test images to show by a fixed rule, so that they are not picked by taste."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sspbench.contract import Measure
from sspbench.errors import UserError

from .numbers import better_sign
from .paper import PRIMARY_MEASURE, PROPOSED_ROW
from .results import MethodRow, Results
from .statistics.summary import average_by_image

HASH_CHOSEN_COUNT = 3  # images chosen by the hash of their names

HASH_REASON = "by hash of its name"


@dataclass(frozen=True)
class ChosenImage:
    """A chosen image: its name and why it was chosen."""

    name: str
    why: str


def scores_or_empty(results: Results) -> pd.DataFrame:
    """Return the scores; an empty frame where no run finished."""
    try:
        return results.scores
    except UserError:
        return pd.DataFrame(columns=["row", "seed", "image", "metric", "value"])


def find_showcase_row(results: Results) -> MethodRow | None:
    """Return the paper's method where it finished, else the last other method that did, else None."""
    methods = [row for row in results.rows if not row.is_ablation and row.runs[0].kind != "control"]
    done = [row for row in methods if results.status_text(row) == "done"]
    return next((row for row in done if row.id == PROPOSED_ROW), done[-1] if done else None)


def find_ranking_measure(results: Results) -> Measure | None:
    """Return the measure that ranks images: Dice, else the first of Table 1 that was scored."""
    scored = set(scores_or_empty(results)["metric"])
    ranking = [measure for measure in results.measures.values() if measure.name in scored and measure.better != "none"]
    dice = [measure for measure in ranking if measure.name == PRIMARY_MEASURE]
    return next(iter(dice or [measure for measure in ranking if measure.table == "quality"]), None)


def _find_image_ranking(results: Results) -> tuple[MethodRow, Measure] | None:
    """Return the row and the measure by which images are best, median or worst; None without either."""
    row, measure = find_showcase_row(results), find_ranking_measure(results)
    return None if row is None or measure is None else (row, measure)


def _rank_images(results: Results, row: MethodRow, measure: Measure) -> list[str]:
    """Return image names from best to worst (mean over seeds), those that the summary counts."""
    means = average_by_image(results.values(row.id, measure.name)).sort_index()
    order = np.argsort(-better_sign(measure.better) * means.to_numpy(), kind="stable")
    return [str(name) for name in means.index[order]]


def sort_by_hash(names: list[str]) -> list[str]:
    """Return names in the order of their SHA-256: the same everywhere, and unrelated to the images."""
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())


def choose_images(results: Results) -> list[ChosenImage]:
    """Return the chosen images: best, median, worst of the subject, then three by hash; fewer where there are few."""
    chosen: dict[str, str] = {}
    ranking = _find_image_ranking(results)
    order = [] if ranking is None else [name for name in _rank_images(results, *ranking) if name in results.image_names]
    if ranking is not None and order:
        row, measure = ranking
        for word, name in (("best", order[0]), ("median", order[(len(order) - 1) // 2]), ("worst", order[-1])):
            chosen.setdefault(name, f"{word} of {row.label}, {measure.label}")
    rest = [name for name in sort_by_hash(results.image_names) if name not in chosen]
    chosen |= dict.fromkeys(rest[:HASH_CHOSEN_COUNT], HASH_REASON)
    return [ChosenImage(name, why) for name, why in chosen.items()]


def describe_choice_rule(results: Results) -> str:
    """Return the rule in words."""
    ranking = _find_image_ranking(results)
    first = ""
    if ranking is not None:
        row, measure = ranking
        first = f"best, median and worst test image of {row.label} by {measure.label}, and "
    zoom = results.plan.config["figures"]["zoom"]
    region = "where the methods' masks differ most" if zoom == "disputed" else "the config's (figures.zoom)"
    return f"Images by rule: {first}{HASH_CHOSEN_COUNT} by the SHA-256 of their names. Enlarged region: {region}."
