"""How far the numbers of two results are apart: per row and measure, over trainings and images.

Trainings are paired by their seed where both results have it, else in the order of their seeds: trainings of the same
recipe are replicates, so any pairing of them is as good. One family is all cells of a comparison (Bonferroni): the 95 %
interval is what is printed, a cell *differs* where the interval that holds for all cells at once leaves out zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..statistics.crossed import Crossed, crossed
from .recorded import Recorded

LEVEL = 0.95
"""Coverage of the printed interval, and of all intervals that judge together."""

Verdict = Literal["equal", "differs", "no difference shown", "cannot tell"]


@dataclass(frozen=True)
class Difference:
    """The difference of one measure of one row.

    Attributes:
        row: ``method`` or ``method+variant``.
        metric: The measure.
        first: Mean in A over what is compared.
        second: Mean in B.
        found: B minus A, with its interval.
        seeds: Seeds in A and in B, pair by pair.
        undefined: Images left out because a value is undefined on either side.
        verdict: ``equal``: every value is; ``cannot tell``: one image, so no interval.
    """

    row: str
    metric: str
    first: float
    second: float
    found: Crossed
    seeds: tuple[tuple[int, int], ...]
    undefined: int
    verdict: Verdict


@dataclass(frozen=True)
class _Pair:
    """Values of one cell on both sides, (trainings, images) each."""

    row: str
    metric: str
    first: np.ndarray
    second: np.ndarray
    seeds: tuple[tuple[int, int], ...]
    undefined: int


def differences(first: Recorded, second: Recorded) -> list[Difference]:
    """Compare every row and measure that both results have; see the module's docstring."""
    digits = min((side.digits for side in (first, second) if side.digits is not None), default=None)
    pairs = list(_pairs(first, second, digits))
    return [_difference(pair, len(pairs)) for pair in pairs]


def paired_seeds(first: list[int], second: list[int]) -> tuple[tuple[int, int], ...]:
    """Pair trainings by seed where there are common ones, else in order.

    >>> paired_seeds([0, 1, 2], [1, 2])
    ((1, 1), (2, 2))
    >>> paired_seeds([0], [1])
    ((0, 1),)
    """
    common = sorted(set(first) & set(second))
    if common:
        return tuple((seed, seed) for seed in common)
    return tuple(zip(sorted(first), sorted(second), strict=False))


def rounded(values: np.ndarray, digits: int | None) -> np.ndarray:
    """Round to significant digits, as a release does, so that what differs in the rest is equal.

    >>> rounded(np.array([123.456, 0.0012345]), 3)
    array([1.23e+02, 1.23e-03])
    """
    if digits is None:
        return values
    texts = (format(float(value), f".{digits}g") for value in values.flat)
    return np.array([float(text) for text in texts]).reshape(values.shape)


def _pairs(first: Recorded, second: Recorded, digits: int | None) -> Iterator[_Pair]:
    for (row, metric), ours in first.grids.items():
        theirs = second.grids.get((row, metric))
        if theirs is None:
            continue
        seeds = paired_seeds([int(seed) for seed in ours.columns], [int(seed) for seed in theirs.columns])
        images = ours.index.intersection(theirs.index)
        sides = [_side(ours, [one for one, _ in seeds], images), _side(theirs, [other for _, other in seeds], images)]
        kept = np.isfinite(np.concatenate(sides)).all(axis=0)
        if kept.any():
            values = [rounded(side[:, kept], digits) for side in sides]
            yield _Pair(row, metric, values[0], values[1], seeds, int((~kept).sum()))


def _side(values: pd.DataFrame, seeds: list[int], images: pd.Index) -> np.ndarray:
    """Return (seeds, images) values."""
    return values.loc[images, seeds].to_numpy(dtype=float).T


def _difference(pair: _Pair, family: int) -> Difference:
    values = pair.second - pair.first
    found = crossed(values, level=LEVEL)
    together = crossed(values, level=1 - (1 - LEVEL) / family)
    return Difference(
        pair.row,
        pair.metric,
        float(pair.first.mean()),
        float(pair.second.mean()),
        found,
        pair.seeds,
        pair.undefined,
        _verdict(values, together),
    )


def _verdict(values: np.ndarray, together: Crossed) -> Verdict:
    if not values.any():
        return "equal"
    if np.isnan(together.low):
        return "cannot tell"
    return "no difference shown" if together.low <= 0 <= together.high else "differs"
