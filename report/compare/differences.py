"""Compares the numbers of two results per row and measure, over trainings and images.

Trainings with a common seed are paired by it, others in the order of their seeds: trainings of the same recipe are
replicates, so any pairing is as good. All cells of a comparison are one family (Bonferroni). The printed interval
covers 95 %; a cell *differs* if the interval that holds for all cells at once leaves out zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..analysis.statistics.crossed_effects import CrossedEstimate, estimate_crossed
from .recorded_results import RecordedResults

INTERVAL_COVERAGE = 0.95  # coverage of the printed interval, and of all intervals that judge together

DifferenceVerdict = Literal["equal", "differs", "no difference shown", "undecided"]


@dataclass(frozen=True)
class MetricDifference:
    """The difference of one measure of one row: B (``second``) minus A (``first``)."""

    row: str
    metric: str
    first: float  # mean in A over what is compared
    second: float
    estimate: CrossedEstimate  # the difference with its interval
    seeds: tuple[tuple[int, int], ...]  # in A and in B, pair by pair
    undefined: int  # images left out because a value is undefined on either side
    verdict: DifferenceVerdict  # ``equal``: every value is; ``undecided``: one image, so no interval


@dataclass(frozen=True)
class _PairedValues:
    """Values of one cell on both sides, (trainings, images) each."""

    first: np.ndarray
    second: np.ndarray
    seeds: tuple[tuple[int, int], ...]
    undefined: int


def compute_differences(first: RecordedResults, second: RecordedResults) -> list[MetricDifference]:
    """Compare every row and measure that both results have; see the module's docstring."""
    digits = min((side.digits for side in (first, second) if side.digits is not None), default=None)
    shared = {cell: (grid, second.grids[cell]) for cell, grid in first.grids.items() if cell in second.grids}
    paired = {cell: _pair_values(ours, theirs, digits) for cell, (ours, theirs) in shared.items()}
    compared = {cell: pair for cell, pair in paired.items() if pair.first.size}
    return [_compute_difference(*cell, pair, len(compared)) for cell, pair in compared.items()]


def pair_seeds(first: list[int], second: list[int]) -> tuple[tuple[int, int], ...]:
    """Pair trainings by seed where there are common ones, else in order.

    >>> pair_seeds([0, 1, 2], [1, 2])
    ((1, 1), (2, 2))
    >>> pair_seeds([0], [1])
    ((0, 1),)
    """
    common = sorted(set(first) & set(second))
    if common:
        return tuple((seed, seed) for seed in common)
    return tuple(zip(sorted(first), sorted(second), strict=False))


def round_significant(values: np.ndarray, digits: int | None) -> np.ndarray:
    """Round to significant digits, as a release does, so that what differs in the rest is equal.

    >>> round_significant(np.array([123.456, 0.0012345]), 3)
    array([1.23e+02, 1.23e-03])
    """
    if digits is None:
        return values
    texts = (format(float(value), f".{digits}g") for value in values.flat)
    return np.array([float(text) for text in texts]).reshape(values.shape)


def _pair_values(ours: pd.DataFrame, theirs: pd.DataFrame, digits: int | None) -> _PairedValues:
    """Return the values of (images, seeds) grids under paired seeds, of the images defined under all of them."""
    seeds = pair_seeds([int(seed) for seed in ours.columns], [int(seed) for seed in theirs.columns])
    images = ours.index.intersection(theirs.index)
    columns = zip((ours, theirs), zip(*seeds, strict=True), strict=True)
    sides = [grid.loc[images, list(chosen)].to_numpy(dtype=float).T for grid, chosen in columns]
    kept = np.isfinite(np.concatenate(sides)).all(axis=0)
    first, second = (round_significant(side[:, kept], digits) for side in sides)
    return _PairedValues(first, second, seeds, int((~kept).sum()))


def _compute_difference(row: str, metric: str, pair: _PairedValues, family: int) -> MetricDifference:
    values = pair.second - pair.first
    found = estimate_crossed(values, level=INTERVAL_COVERAGE)
    verdict = _judge_difference(values, estimate_crossed(values, level=1 - (1 - INTERVAL_COVERAGE) / family))
    means = float(pair.first.mean()), float(pair.second.mean())
    return MetricDifference(row, metric, *means, found, pair.seeds, pair.undefined, verdict)


def _judge_difference(values: np.ndarray, together: CrossedEstimate) -> DifferenceVerdict:
    if not values.any():
        return "equal"
    if np.isnan(together.low):
        return "undecided"
    return "no difference shown" if together.low <= 0 <= together.high else "differs"
