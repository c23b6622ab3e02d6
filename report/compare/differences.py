"""Compares the numbers of two results per row and measure, over trainings and images.

Trainings with a common seed are paired by it, others in the order of their seeds: trainings of the same recipe are
replicates, so any pairing is as good. All cells of a comparison are one family (Bonferroni). The printed interval
covers 95 %; a cell *differs* if the interval that holds for all cells at once leaves out zero.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    """The difference of one measure of one row.

    Attributes:
        row: ``method`` or ``method+variant``.
        metric: The measure.
        first: Mean in A over what is compared.
        second: Mean in B.
        found: B minus A, with its interval.
        seeds: Seeds in A and in B, pair by pair.
        undefined: Images left out because a value is undefined on either side.
        verdict: ``equal``: every value is; ``undecided``: one image, so no interval.
    """

    row: str
    metric: str
    first: float
    second: float
    estimate: CrossedEstimate
    seeds: tuple[tuple[int, int], ...]
    undefined: int
    verdict: DifferenceVerdict


@dataclass(frozen=True)
class _PairedValues:
    """Values of one cell on both sides, (trainings, images) each."""

    row: str
    metric: str
    first: np.ndarray
    second: np.ndarray
    seeds: tuple[tuple[int, int], ...]
    undefined: int


def compute_differences(first: RecordedResults, second: RecordedResults) -> list[MetricDifference]:
    """Compare every row and measure that both results have; see the module's docstring."""
    digits = min((side.digits for side in (first, second) if side.digits is not None), default=None)
    pairs = list(_iter_pairs(first, second, digits))
    return [_compute_difference(pair, len(pairs)) for pair in pairs]


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


def _iter_pairs(first: RecordedResults, second: RecordedResults, digits: int | None) -> Iterator[_PairedValues]:
    for (row, metric), ours in first.grids.items():
        theirs = second.grids.get((row, metric))
        if theirs is None:
            continue
        seeds = pair_seeds([int(seed) for seed in ours.columns], [int(seed) for seed in theirs.columns])
        images = ours.index.intersection(theirs.index)
        sides = [
            _select_values(ours, [one for one, _ in seeds], images),
            _select_values(theirs, [other for _, other in seeds], images),
        ]
        kept = np.isfinite(np.concatenate(sides)).all(axis=0)
        if kept.any():
            values = [round_significant(side[:, kept], digits) for side in sides]
            yield _PairedValues(row, metric, values[0], values[1], seeds, int((~kept).sum()))


def _select_values(values: pd.DataFrame, seeds: list[int], images: pd.Index) -> np.ndarray:
    """Return (seeds, images) values."""
    return values.loc[images, seeds].to_numpy(dtype=float).T


def _compute_difference(pair: _PairedValues, family: int) -> MetricDifference:
    values = pair.second - pair.first
    found = estimate_crossed(values, level=INTERVAL_COVERAGE)
    together = estimate_crossed(values, level=1 - (1 - INTERVAL_COVERAGE) / family)
    return MetricDifference(
        pair.row,
        pair.metric,
        float(pair.first.mean()),
        float(pair.second.mean()),
        found,
        pair.seeds,
        pair.undefined,
        _judge_difference(values, together),
    )


def _judge_difference(values: np.ndarray, together: CrossedEstimate) -> DifferenceVerdict:
    if not values.any():
        return "equal"
    if np.isnan(together.low):
        return "undecided"
    return "no difference shown" if together.low <= 0 <= together.high else "differs"
