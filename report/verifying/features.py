"""What of a run is compared with published ones: means of its measures over images, and its losses at five points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from sspbench.plan.discovery import metric_families

from ..comparing.recorded import Losses, Recorded

POINTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where along a training its losses are compared, as shares of the published log."""

SEGMENTED = frozenset({"mask", "probability"})
"""What a measure needs where it depends on the segmenter, and so on the luck that all rows of a seed share."""

Kind = Literal["image", "segmented", "loss"]


@dataclass(frozen=True)
class Feature:
    """One number per training, on both sides.

    Attributes:
        row: ``method`` or ``method+variant``.
        name: The measure, or ``<loss> at step <n>``.
        kind: ``image``: a measure of the enhanced image alone; ``segmented``: of its mask too; ``loss``.
        published: One value per published seed.
        given: One value per seed that is verified.
    """

    row: str
    name: str
    kind: Kind
    published: tuple[float, ...]
    given: tuple[float, ...]

    @property
    def value(self) -> float:
        """Mean of the seeds that are verified."""
        return float(np.mean(self.given))


@cache
def measure_kinds() -> Mapping[str, Kind]:
    """Return which measures are of the image alone and which of its mask too."""
    families = metric_families({}).values()
    return {m.name: "segmented" if f.needs & SEGMENTED else "image" for f in families for m in f.measures}


def measured(given: Recorded, published: Recorded, kinds: Mapping[str, Kind]) -> Iterator[Feature]:
    """Yield the measures that both sides have: means over the images that are defined under every seed of both."""
    for (row, name), theirs in published.grids.items():
        ours = given.grids.get((row, name))
        if ours is None:
            continue
        both = pd.concat([theirs, ours], axis=1, join="inner").to_numpy(dtype=float)
        kept = both[np.isfinite(both).all(axis=1)]
        if len(kept):
            means, count = kept.mean(axis=0), theirs.shape[1]
            values = tuple(float(value) for value in means)
            yield Feature(row, name, kinds.get(name, "segmented"), values[:count], values[count:])


def logged(given: Recorded, published: Recorded) -> Iterator[Feature]:
    """Yield the losses that both sides log, at the steps of the published log that :data:`POINTS` name."""
    for row, (ours, theirs) in _logs(given, published).items():
        steps = point_steps(theirs)
        for name in sorted(set(names(ours)) & set(names(theirs))):
            for step in steps:
                sides = [tuple(_at(log, name, step) for log in logs) for logs in (theirs, ours)]
                if np.isfinite([*sides[0], *sides[1]]).all():
                    yield Feature(row, f"{name} at step {step}", "loss", *sides)


def point_steps(logs: Sequence[Losses]) -> list[int]:
    """Return the steps of the shortest log that :data:`POINTS` name, each once."""
    steps = [step for step, _ in min(logs, key=len)]
    return list(dict.fromkeys(steps[round(point * (len(steps) - 1))] for point in POINTS))


def names(logs: Sequence[Losses]) -> list[str]:
    """Return the losses of several logs."""
    return list(dict.fromkeys(name for log in logs for _, losses in log for name in losses))


def _at(log: Losses, name: str, step: int) -> float:
    """Return a loss at a step, between logged ones by the line through them; NaN where it was never logged."""
    known = [(at, losses[name]) for at, losses in log if name in losses]
    if not known:
        return float("nan")
    return float(np.interp(step, *zip(*known, strict=True)))


def _logs(given: Recorded, published: Recorded) -> dict[str, tuple[list[Losses], list[Losses]]]:
    """Return the logs of every row that trains on both sides, segmenters included: given, published."""
    found: dict[str, tuple[list[Losses], list[Losses]]] = {}
    for side, recorded in enumerate((given, published)):
        for (row, _), losses in recorded.losses.items():
            if losses:
                found.setdefault(row, ([], []))[side].append(losses)
    return {row: sides for row, sides in found.items() if sides[0] and sides[1]}


def logs_of(recorded: Recorded, row: str) -> list[Losses]:
    """Return the logs of a row's trainings."""
    return [losses for (name, _), losses in recorded.losses.items() if name == row and losses]
