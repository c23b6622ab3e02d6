"""The hierarchical bootstrap over seeds and images."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import stats


def bca_interval(
    ours: np.ndarray, theirs: np.ndarray, resamples: int = 9999, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Return the BCa interval of the mean paired difference of (S, N) and (T, N) values: S and T seeds, N images.

    Hierarchical: seeds of each side are resampled independently, then images, the same for both sides. With one seed a
    side this is the ordinary bootstrap over images. Bias correction and acceleration follow Efron (1987), the
    acceleration from a jackknife of each of the three samples. NaN where all differences are equal or N = 1.
    """
    images = ours.shape[1]
    difference = ours.mean(axis=0) - theirs.mean(axis=0)
    if images < 2 or (np.ptp(difference) == 0 and len(ours) == len(theirs) == 1):
        return np.nan, np.nan
    of_images = _weights(images, resamples, seed)
    resampled = (
        (_weights(len(ours), resamples, seed + 1) @ ours - _weights(len(theirs), resamples, seed + 2) @ theirs)
        * of_images
    ).sum(axis=1)
    if np.ptp(resampled) == 0:
        return np.nan, np.nan
    point = difference.mean()
    share = ((resampled < point).mean() + (resampled <= point).mean()) / 2
    bias = stats.norm.ppf(np.clip(share, 1 / resamples, 1 - 1 / resamples))
    tail = stats.norm.ppf([(1 - level) / 2, (1 + level) / 2])
    acceleration = _acceleration(ours, theirs, difference)
    shifted = stats.norm.cdf(bias + (bias + tail) / (1 - acceleration * (bias + tail)))
    low, high = np.quantile(resampled, shifted)
    return float(low), float(high)


@lru_cache(maxsize=32)
def _weights(size: int, resamples: int, seed: int) -> np.ndarray:
    """Return (resamples, size) shares of a bootstrap sample; the same for the same arguments."""
    if size == 1:
        return np.ones((resamples, 1))
    generator = np.random.default_rng([seed, size, resamples])
    return generator.multinomial(size, np.full(size, 1 / size), size=resamples) / size


def _acceleration(ours: np.ndarray, theirs: np.ndarray, difference: np.ndarray) -> float:
    """Return the acceleration from the jackknife influence of images, our seeds and their seeds."""
    cubes = squares = 0.0
    for values in (difference, ours.mean(axis=1), -theirs.mean(axis=1)):
        size = len(values)
        if size > 1:
            influence = values - values.mean()  # (n - 1) (mean of leave-one-out means - leave-one-out mean)
            cubes += (influence**3).sum() / size**3
            squares += (influence**2).sum() / size**2
    return float(cubes / (6 * squares**1.5)) if squares > 0 else 0.0
