"""Can this data set tell? Spreads of the crossed design, and what it would take to part the pairs that a run cannot.

Of two rows, the paired differences of (trainings, images) have three variances: over trainings, over images, and of the
rest. With them the crossed interval of any other number of trainings and images is known in
advance. A pair is expected to be parted where the test finds the observed difference, were it the true one, with a
probability of :data:`POWER`, at the level of Bonferroni's correction over all pairs (the first step of Holm's). An
observed difference is itself uncertain: these numbers say how far off a verdict is, not how many trainings will do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf, sqrt

import numpy as np
from scipy import special

from .crossed_effects import (
    MIN_TRAININGS,
    CrossedEstimate,
    EffectSpreads,
    estimate_crossed,
    estimate_effect_spreads,
    group_by_cluster,
)
from .paired_tests import SIGNIFICANCE_LEVEL, adjust_holm

POWER = 0.8  # probability with which a pair is to be parted
MAX_REPLICATES = 1_000_000  # most trainings or images that are considered; beyond them the answer is infinity


@dataclass(frozen=True)
class PairPower:
    """A pair of rows, and what it would take to part it.

    Attributes:
        row: The row with the higher mean.
        other: The other row.
        difference: Mean of row - other.
        low: Lower end of the single 95 % interval, uncorrected.
        parted: Whether this run parts them (Holm over all pairs).
        trainings_needed: Trainings per method, with the images of this run; infinity where no number would do.
        images_needed: Images (or subjects), with the trainings of this run; infinity likewise.
    """

    row: str
    other: str
    difference: float
    low: float
    high: float
    parted: bool
    trainings_needed: float
    images_needed: float


@dataclass(frozen=True)
class PowerStudy:
    """The power of a run.

    Attributes:
        between_methods: Standard deviation of the methods' true means, its error taken off.
        between_trainings: That of a method's trainings, beyond what a seed does to all methods alike.
        between_images: That of how images respond to a method, beyond how hard they are for all.
        rest: That of the rest.
        images: Images of this run, or its subjects.
    """

    between_methods: float
    between_trainings: float
    between_images: float
    rest: float
    trainings: int
    images: int
    pairs: tuple[PairPower, ...]

    @property
    def parted_count(self) -> int:
        """How many pairs this run parts."""
        return sum(pair.parted for pair in self.pairs)


def study_power(values: Mapping[str, np.ndarray], clusters: Sequence[str] | None = None) -> PowerStudy | None:
    """Return the power of a run, or None where it has fewer than two rows, ``MIN_TRAININGS`` trainings or two images.

    Args:
        values: (R, N) values of each row, of the same trainings and images, all finite.
        clusters: The subject of each image, (N,); None: each image is a subject.
    """
    grouped = {row: group_by_cluster(grid, clusters) for row, grid in values.items()}
    trainings, images = min((grid.shape for grid in grouped.values()), default=(0, 0))
    if len(grouped) < 2 or trainings < MIN_TRAININGS or images < 2:
        return None
    order = sorted(grouped, key=lambda row: -float(grouped[row].mean()))
    differences = {pair: grouped[pair[0]] - grouped[pair[1]] for pair in combinations(order, 2)}
    found = [estimate_crossed(difference) for difference in differences.values()]
    spreads = [estimate_effect_spreads(difference) for difference in differences.values()]
    corrected = adjust_holm([each.p for each in found])
    level = SIGNIFICANCE_LEVEL / len(differences)
    pairs = tuple(
        _study_pair(pair, each, spread, p, level)
        for pair, each, spread, p in zip(differences, found, spreads, corrected, strict=True)
    )
    means = [float(grid.mean()) for grid in grouped.values()]
    return PowerStudy(*_average_spreads(means, spreads, trainings, images), trainings, images, pairs)


def _study_pair(
    pair: tuple[str, str], found: CrossedEstimate, spreads: EffectSpreads, p_holm: float, level: float
) -> PairPower:
    trainings, images = found.trainings, found.images
    return PairPower(
        *pair,
        found.difference,
        found.low,
        found.high,
        p_holm < SIGNIFICANCE_LEVEL,
        _find_fewest(lambda count: _detects(found.difference, spreads, count, images, level)),
        _find_fewest(lambda count: _detects(found.difference, spreads, trainings, count, level)),
    )


def _average_spreads(
    means: Sequence[float], spreads: Sequence[EffectSpreads], trainings: int, images: int
) -> tuple[float, float, float, float]:
    """Return the standard deviations between methods, trainings and images, and of the rest, of one method.

    A difference of two methods has twice the variance of one.
    """
    parts = [(each.trainings**2, each.images**2, each.rest**2) for each in spreads]
    of_trainings, of_images, of_rest = (float(part) / 2 for part in np.mean(parts, axis=0))
    error = of_trainings / trainings + of_images / images + of_rest / (trainings * images)
    between = max(float(np.var(means, ddof=1)) - error, 0.0)
    return sqrt(between), sqrt(of_trainings), sqrt(of_images), sqrt(of_rest)


def _detects(difference: float, spreads: EffectSpreads, trainings: int, images: int, level: float) -> bool:
    """Return whether the crossed test of such a design is expected to find the difference."""
    of_trainings = images * spreads.trainings**2 + spreads.rest**2
    of_images = trainings * spreads.images**2 + spreads.rest**2
    total = of_trainings + of_images
    if total == 0:
        return difference != 0
    variance = (of_trainings + of_images - spreads.rest**2) / (trainings * images)
    quantiles = [_add_quantiles(count - 1, level) for count in (trainings, images)]
    quantile = (of_trainings * quantiles[0] + of_images * quantiles[1]) / total
    return abs(difference) >= quantile * sqrt(variance)


def _add_quantiles(df: int, level: float) -> float:
    """Return Student's t that the difference has to exceed, plus that by which it does with the wanted power."""
    return float(-special.stdtrit(df, level / 2) + special.stdtrit(df, POWER))


def _find_fewest(detects: Callable[[int], bool]) -> float:
    """Return the smallest count from ``MIN_TRAININGS`` that detects, by doubling and halving; infinity without one."""
    low, high = MIN_TRAININGS - 1, MIN_TRAININGS
    while not detects(high):
        low, high = high, 2 * high
        if high > MAX_REPLICATES:
            return inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detects(middle) else (middle, high)
    return float(high)
