"""Prediction bands: where the mean of further trainings lies, if they are trainings of the same recipe.

From S published trainings the mean of T further ones lies, at a given level, within ``mean ± t s sqrt(1 / T + 1 / S)``.
Five trainings give s on four degrees of freedom, and at the small level that many measures need t is then huge. Where
several rows vary alike in a measure, their variances inform each other: s^2 is replaced by the weighted mean of
itself and a prior, whose variance and degrees of freedom are estimated from all rows by the moments of log
s^2 (Smyth, Statistical Applications in Genetics and Molecular Biology 3, 2004, article 3, section 6.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

MIN_PRIOR_VARIANCES = 3  # fewest variances that a prior is estimated from


@dataclass(frozen=True)
class VariancePrior:
    """A prior of a variance, from other rows: its size, and its degrees of freedom (0: no information)."""

    variance: float = 1.0
    df: float = 0.0


NO_PRIOR = VariancePrior()


@dataclass(frozen=True)
class PredictionBand:
    """Where the mean of further trainings lies.

    Attributes:
        centre: Mean of the published trainings.
        half_width: Half its width.
        df: Degrees of freedom of the spread behind it.
    """

    centre: float
    half_width: float
    df: float

    def distance_in_half_widths(self, value: float) -> float:
        """Return how far a value is from the centre, in half-widths: above 1 it is outside."""
        away = abs(value - self.centre)
        return away / self.half_width if self.half_width > 0 else (0.0 if away == 0 else float("inf"))


def fit_prior(variances: Sequence[float], df: int, rows: int | None = None) -> VariancePrior:
    """Return the prior that variances of several rows, each with ``df`` degrees of freedom, give.

    Its degrees of freedom are never more than those of all rows but one: rows that seem to vary exactly alike add no
    certainty beyond what was measured.

    Args:
        variances: Zeros and what is not finite are left out.
        df: Degrees of freedom of each.
        rows: How many of them are independent; None: all.
    """
    known = np.array([value for value in variances if np.isfinite(value) and value > 0])
    independent = min(len(known), len(known) if rows is None else rows)
    if independent < MIN_PRIOR_VARIANCES or df < 1:
        return NO_PRIOR
    logs = np.log(known) - special.digamma(df / 2) + np.log(df / 2)
    excess = float(logs.var(ddof=1) - special.polygamma(1, df / 2))
    maximum = float(df * (independent - 1))
    worth = maximum if excess <= special.polygamma(1, maximum / 2) else 2 * _inverse_trigamma(excess)
    return VariancePrior(float(np.exp(logs.mean() + special.digamma(worth / 2) - np.log(worth / 2))), worth)


def _inverse_trigamma(value: float) -> float:
    """Return x with trigamma(x) = value > 0."""
    from scipy import optimize

    def above(logarithm: float) -> float:
        return float(special.polygamma(1, np.exp(logarithm)) - value)

    return float(np.exp(optimize.brentq(above, -20.0, 20.0)))


def predict_band(published: ArrayLike, trainings: int, level: float, prior: VariancePrior = NO_PRIOR) -> PredictionBand:
    """Return the band for the mean of ``trainings`` further trainings.

    Args:
        published: One value per published training.
        trainings: How many further ones are averaged.
        level: Share of bands that a true replicate misses.
        prior: Of :func:`fit_prior`.

    Raises:
        ValueError: fewer than two published trainings, or a value that is not finite.
    """
    # Imported late: most commands that import this module predict nothing.
    from scipy import stats

    values = np.asarray(published, dtype=float)
    if len(values) < 2 or trainings < 1 or not np.isfinite(values).all():
        raise ValueError("a band needs two finite published values and one further training")
    own = len(values) - 1
    df = own + prior.df
    variance = (own * values.var(ddof=1) + prior.df * prior.variance) / df
    half = stats.t.isf(level / 2, df) * np.sqrt(variance * (1 / trainings + 1 / len(values)))
    return PredictionBand(float(values.mean()), float(half), float(df))
