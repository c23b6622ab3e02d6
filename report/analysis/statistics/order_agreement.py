"""How well two data sets agree on the order of the same rows: Kendall's rank correlation, with an interval.

Trainings and images are both samples (``crossed_effects.py``), and those of two data sets have nothing in common. So
both are redrawn with replacement in each data set apart, all rows together. A bootstrap of few trainings is too narrow,
as is a normal interval beside Student's; the deviations of trainings and of images are therefore widened by the ratio
of Student's quantile to the normal one, and by sqrt(n / (n - 1)) (Davison and Hinkley, Bootstrap Methods and their
Application, 1997, section 2.3). What trainings and images share counts in both, so the interval is rather too wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

DRAWS = 2000
"""Times that trainings and images are redrawn."""

TAIL = 0.025
"""Share of the draws beyond either end of an interval."""

KEPT_ORDER_TAU = 0.5
"""Kendall's tau at which, of four pairs of rows, three have the same order."""


@dataclass(frozen=True)
class OrderAgreement:
    """The agreement of two data sets on the order of rows.

    Attributes:
        tau: Kendall's tau-b of the means; 0 where one of the data sets has all rows equal.
        low: Lower end of its 95 % interval.
        own: Of each data set, the lower end of the agreement with its own redraws: how settled its order is.
        trainings: Trainings per row, of the data set with fewer.
    """

    tau: float
    low: float
    high: float
    own: tuple[float, float]
    trainings: int

    @property
    def carries_over(self) -> bool | None:
        """Whether most pairs of rows keep their order; None where that is undecided.

        One training shows nothing about another. Two data sets whose own orders are settled by chance disagree by
        chance as well, so that a low agreement counts only where both orders are settled.
        """
        if self.trainings < 2:
            return None
        if self.low >= KEPT_ORDER_TAU:
            return True
        return False if self.high < KEPT_ORDER_TAU and min(self.own) >= KEPT_ORDER_TAU else None


def measure_agreement(first: np.ndarray, second: np.ndarray, seed: int = 0) -> OrderAgreement:
    """Compare two data sets.

    Args:
        first: (rows, trainings, images) finite values of one data set.
        second: The same rows of the other one; trainings and images may differ in number.
        seed: Seed of the draws.
    """
    random = np.random.default_rng(seed)
    means = [redraw_means(values, random) for values in (first, second)]
    taus = compute_kendall_tau(*means)
    low, high = np.quantile(taus[1:], (TAIL, 1 - TAIL))
    own = tuple(float(np.quantile(compute_kendall_tau(each[:1], each[1:]), TAIL)) for each in means)
    trainings = min(first.shape[1], second.shape[1])
    return OrderAgreement(float(taus[0]), float(low), float(high), (own[0], own[1]), trainings)


def compute_kendall_tau(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Kendall's tau-b of (..., rows) and (..., rows) values, (...); 0 where all rows of one are equal.

    >>> float(compute_kendall_tau(np.array([1, 2, 3, 4]), np.array([1, 3, 2, 4])).round(2))
    0.67
    """
    one, other = np.triu_indices(first.shape[-1], 1)
    signs = [np.sign(values[..., one] - values[..., other]) for values in (first, second)]
    products = (signs[0] * signs[1]).sum(axis=-1)
    scale = np.sqrt((signs[0] ** 2).sum(axis=-1) * (signs[1] ** 2).sum(axis=-1))
    return np.asarray(np.divide(products, scale, out=np.zeros_like(scale), where=scale > 0))


def redraw_means(values: np.ndarray, random: np.random.Generator, draws: int = DRAWS) -> np.ndarray:
    """Return the means of (rows, trainings, images), then those of redrawn trainings and images, (1 + draws, rows)."""
    means = values.mean(axis=(1, 2))
    of_trainings = values.mean(axis=2) - means[:, None]
    of_images = values.mean(axis=1) - means[:, None]
    change = _redraw(of_trainings, random, draws) + _redraw(of_images, random, draws)
    return means + np.vstack([np.zeros_like(means), change])


def _redraw(deviations: np.ndarray, random: np.random.Generator, draws: int) -> np.ndarray:
    """Return the means of (rows, n) deviations drawn with replacement, the same draw in every row, (draws, rows)."""
    count = deviations.shape[1]
    if count == 1:
        return np.zeros((draws, len(deviations)))
    weights = random.multinomial(count, np.full(count, 1 / count), draws) / count
    widening = stats.t.isf(TAIL, count - 1) / stats.norm.isf(TAIL) * np.sqrt(count / (count - 1))
    return np.asarray(widening * weights @ deviations.T)
