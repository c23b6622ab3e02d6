"""The interval and the test of a mean difference when trainings and images are both samples.

A method is a recipe; what is compared are its trainings. Every seed is one replicate of the whole experiment (all
networks, the segmenter included, are trained from it) and every test image is seen by every replicate: trainings and
images (or subjects, where several images are of one) are crossed random effects. Treating the images of one training
as replicates of the method calls a method different from itself.

The variance of the mean over R trainings and C clusters is (MS_trainings + MS_clusters - MS_rest) / (R C) (Searle,
Casella and McCulloch, Variance Components, 1992, chapter 4). The critical value is Cochran and Cox's (Experimental
Designs, 1957, section 4.14): the average of Student's t with R - 1 and C - 1 degrees of freedom, weighted by the two
mean squares. ``benchmarks/statistics_study`` measures what both are worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

MIN_TRAININGS = 5  # fewest trainings per method for a verdict on methods


@dataclass(frozen=True)
class CrossedEstimate:
    """A mean difference with its uncertainty.

    Attributes:
        difference: Mean over trainings and images.
        low: Lower end of the interval; NaN where it is undefined.
        p: Two-sided p-value of a mean difference of zero; NaN below ``MIN_TRAININGS`` trainings.
        trainings: How many were averaged.
        images: How many were averaged, for each training.
        clusters: Independent groups of images (subjects); equal to ``images`` where nothing is known.
        note: What the interval covers, or why it is missing.
    """

    difference: float
    low: float
    high: float
    p: float
    trainings: int
    images: int
    clusters: int
    note: str


def estimate_crossed(
    difference: np.ndarray, clusters: Sequence[str] | None = None, level: float = 0.95
) -> CrossedEstimate:
    """Return the mean of (R, N) paired differences, R trainings by N images, with its interval and p-value.

    With one training the interval is over images alone, and says nothing about another training.

    Args:
        difference: Finite differences, one row per training.
        clusters: The subject of each image, (N,); None: each image is a subject.
        level: Coverage of the interval.

    Raises:
        ValueError: a difference is not finite, or the array is empty.
    """
    values = np.asarray(difference, dtype=float)
    if values.ndim != 2 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError("differences must be finite, (trainings, images), and not empty")
    trainings, images = values.shape
    grouped = group_by_cluster(values, clusters)
    count = grouped.shape[1]
    mean = float(values.mean())
    spread = _estimate_single_spread(grouped)
    if count < 2:
        note = "no interval: one image" if images == 1 else "no interval: one subject"
        return CrossedEstimate(mean, np.nan, np.nan, np.nan, trainings, images, count, note)
    half = float(_compute_half_width(spread, 1 - level))
    p = _compute_p_value(mean, spread) if trainings >= MIN_TRAININGS else np.nan
    return CrossedEstimate(mean, mean - half, mean + half, p, trainings, images, count, _describe_interval(trainings))


def _describe_interval(trainings: int) -> str:
    if trainings == 1:
        return "over images: for these trained weights only"
    if trainings < MIN_TRAININGS:
        return f"over trainings and images; {trainings} trainings are too few for a verdict"
    return "over trainings and images"


def group_by_cluster(values: np.ndarray, clusters: Sequence[str] | None) -> np.ndarray:
    """Return (R, C) values whose mean over clusters is the mean over images, regardless of the clusters' sizes."""
    if clusters is None:
        return values
    names, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    mean = values.mean()
    sums = np.zeros((len(values), len(names)))
    np.add.at(sums.T, index, (values - mean).T)
    return mean + sums * len(names) / values.shape[1]


def compute_half_widths(differences: np.ndarray, alpha: float) -> np.ndarray:
    """Return half-widths of the 1 - alpha intervals of many mean differences, (..., R, N) to (...), N at least 2."""
    return np.asarray(_compute_half_width(_estimate_spread(differences), alpha))


FloatOrArray = float | np.ndarray  # one number, or one for each of many comparisons


@dataclass(frozen=True)
class _Spread:
    """Standard error of the mean, and the share of trainings among the two mean squares."""

    error: FloatOrArray
    share: FloatOrArray
    trainings: int
    clusters: int


def _estimate_spread(values: np.ndarray) -> _Spread:
    """Return the spread of (..., R, C) differences."""
    trainings, clusters = values.shape[-2:]
    mean = values.mean(axis=(-2, -1), keepdims=True)
    over_trainings = values.mean(axis=-1, keepdims=True) - mean
    over_clusters = values.mean(axis=-2, keepdims=True) - mean
    rest = values - mean - over_trainings - over_clusters
    of_clusters = trainings * _sum_squares(over_clusters) / max(clusters - 1, 1)
    if trainings == 1:
        return _Spread(np.sqrt(of_clusters / clusters), 0.0, 1, clusters)
    of_trainings = clusters * _sum_squares(over_trainings) / (trainings - 1)
    of_rest = _sum_squares(rest) / max((trainings - 1) * (clusters - 1), 1)
    # the difference of mean squares can fall below either: never less than the larger of the two sources alone
    variance = np.maximum(of_trainings + of_clusters - of_rest, np.maximum(of_trainings, of_clusters))
    total = of_trainings + of_clusters
    share = np.divide(of_trainings, total, out=np.zeros_like(total), where=total > 0)
    return _Spread(np.sqrt(variance / (trainings * clusters)), share, trainings, clusters)


def _estimate_single_spread(values: np.ndarray) -> _Spread:
    """Return the spread of (R, C) differences, as plain numbers."""
    found = _estimate_spread(values)
    return replace(found, error=float(found.error), share=float(found.share))


def _sum_squares(parts: np.ndarray) -> np.ndarray:
    return np.asarray((parts**2).sum(axis=(-2, -1)))


def _compute_half_width(spread: _Spread, alpha: float) -> FloatOrArray:
    quantile = (1 - spread.share) * _student_quantile(alpha / 2, spread.clusters - 1)
    if spread.trainings > 1:
        quantile = quantile + spread.share * _student_quantile(alpha / 2, spread.trainings - 1)
    return quantile * spread.error


def _student_quantile(tail: float, df: int) -> float:
    """Return ``stats.t.isf(tail, df)``, to the bit, without a hundredfold of its time in checks of the arguments."""
    return -float(special.stdtrit(df, tail))


def _compute_p_value(mean: float, spread: _Spread) -> float:
    """Return the level at which the interval just reaches zero."""
    if spread.error == 0:
        return 1.0 if mean == 0 else 0.0
    smallest = 1e-12

    def reaches(alpha: float) -> float:
        return float(_compute_half_width(spread, alpha)) - abs(mean)

    if reaches(smallest) <= 0:
        return smallest
    if mean == 0:
        return 1.0
    # Imported late: a run of one training has no p-value, and need not wait for it.
    from scipy import optimize

    return float(optimize.brentq(reaches, smallest, 1.0, xtol=1e-14, rtol=1e-12))


@dataclass(frozen=True)
class EffectSpreads:
    """Standard deviations of paired differences: over trainings, over images, and of the rest."""

    trainings: float
    images: float
    rest: float


def estimate_effect_spreads(difference: np.ndarray) -> EffectSpreads:
    """Return the spreads of (R, N) differences; a negative estimate of a variance counts as zero.

    Raises:
        ValueError: there are fewer than two trainings or images.
    """
    if min(difference.shape) < 2:
        raise ValueError("spreads need two trainings and two images")
    trainings, images = difference.shape
    mean = difference.mean()
    by_training, by_image = difference.mean(axis=1), difference.mean(axis=0)
    rest = difference - by_training[:, None] - by_image[None] + mean
    of_rest = (rest**2).sum() / ((trainings - 1) * (images - 1))
    of_trainings = max(float(by_training.var(ddof=1)) - of_rest / images, 0.0)
    of_images = max(float(by_image.var(ddof=1)) - of_rest / trainings, 0.0)
    return EffectSpreads(np.sqrt(of_trainings), np.sqrt(of_images), np.sqrt(of_rest))
