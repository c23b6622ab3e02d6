"""Two parametrisations of all images by a cube, with ranges of every mask measure over its boxes.

The proofs of :mod:`audit.certificate` cut the cube of images into boxes. In (r, SEN, SPE) the
measures of the whole image are smooth, but Dice and PPV jump where r is near 0; in (size, Dice, balance) they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from .image_measures import Bounds, Flags, Floats, auc_bounds, measure_range


class Parametrisation(Protocol):
    """A cube of all images."""

    def bounding_box(self, shares: tuple[float, float]) -> Bounds:
        """Return the lower and upper corner, (3, 1) each, of the cube that holds all images of these shares."""

    def enclose(self, key: str, low: Floats, high: Floats) -> Bounds:
        """Enclose a measure over boxes (3, K): its smallest and largest values, (K,) each."""

    def may_hold_images(self, low: Floats, high: Floats, shares: tuple[float, float]) -> Flags:
        """Return which boxes may hold an image of these shares, (K,) bool; False is always right."""

    def to_images(self, points: Floats, shares: tuple[float, float]) -> Floats:
        """Return the images (r, SEN, SPE) at points (3, K) that are images of these shares, (3, L)."""


class RatesParametrisation:
    """The cube of (r, SEN, SPE)."""

    def bounding_box(self, shares: tuple[float, float]) -> Bounds:
        """Return the cube between the shares."""
        return np.array([[shares[0]], [0.0], [0.0]]), np.array([[shares[1]], [1.0], [1.0]])

    def enclose(self, key: str, low: Floats, high: Floats) -> Bounds:
        """Enclose a measure."""
        return measure_range(key, low, high)

    def may_hold_images(self, low: Floats, high: Floats, shares: tuple[float, float]) -> Flags:
        """Return True for every box: each holds images."""
        return np.ones(low.shape[1], bool)

    def to_images(self, points: Floats, shares: tuple[float, float]) -> Floats:
        """Return the points themselves."""
        return points


class OverlapParametrisation:
    """The cube of (s, D, b): s = true + predicted share of positives, D = Dice, b = share of FN among the errors.

    Then TP = s D/2, FN = s b (1 - D), FP = s (1 - b)(1 - D) and TN = 1 - s + s D/2, all shares of the image.
    """

    def bounding_box(self, shares: tuple[float, float]) -> Bounds:
        """Return the whole cube; s is 2 at most."""
        return np.zeros((3, 1)), np.array([[2.0], [1.0], [1.0]])

    def enclose(self, key: str, low: Floats, high: Floats) -> Bounds:
        """Enclose a measure; tight except for Kappa, G-mean, BACC and AUC, whose parts are bounded separately."""
        if key in _FROM_RATES:
            sen, spe = _sensitivity(low, high), _specificity(low, high)
            worst, best = (np.stack([sen[0], sen[0], spe[0]]), np.stack([sen[1], sen[1], spe[1]]))
            return enclose_auc(worst, best) if key == "auc" else measure_range(key, worst, best)
        return _RANGES[key](low, high)

    def may_hold_images(self, low: Floats, high: Floats, shares: tuple[float, float]) -> Flags:
        """Keep boxes where TN can be 0 or more and r within the shares."""
        minimum, maximum = _positives(low, high)
        room: Flags = 1.0 - low[0] + low[0] * high[1] / 2 >= 0
        within: Flags = (minimum <= shares[1]) & (maximum >= shares[0])
        return room & within

    def to_images(self, points: Floats, shares: tuple[float, float]) -> Floats:
        """Turn (s, D, b) into (r, SEN, SPE), without the points that match no image."""
        size, dice, balance = points
        hit, missed = size * dice / 2, size * balance * (1 - dice)
        false, rest = size * (1 - balance) * (1 - dice), 1 - size + size * dice / 2
        share = hit + missed
        fits = (rest >= 0) & (share > 0) & (share < 1) & (share >= shares[0]) & (share <= shares[1])
        share, hit, false = share[fits], hit[fits], false[fits]
        return np.stack([share, hit / share, 1 - false / (1 - share)])


_FROM_RATES = frozenset({"auc", "gmean", "balanced_accuracy"})


def enclose_auc(low: Floats, high: Floats) -> Bounds:
    """Enclose the AUC over boxes of (anything, SEN, SPE)."""
    return auc_bounds(low[1], low[2])[0], auc_bounds(high[1], high[2])[1]


def _share_of(part: Floats, rest: Floats, empty: float) -> Floats:
    """Return part / (part + rest), ``empty`` where both are 0."""
    total = part + rest
    return np.where(total > 0, part / np.where(total > 0, total, 1.0), empty)


def _sensitivity(low: Floats, high: Floats) -> Bounds:
    return (
        _share_of(low[1] / 2, high[2] * (1 - low[1]), 0.0),
        _share_of(high[1] / 2, low[2] * (1 - high[1]), 1.0),
    )


def _precision(low: Floats, high: Floats) -> Bounds:
    return (
        _share_of(low[1] / 2, (1 - low[2]) * (1 - low[1]), 0.0),
        _share_of(high[1] / 2, (1 - high[2]) * (1 - high[1]), 1.0),
    )


def _true_negative(size: Floats, dice: Floats) -> Floats:
    return np.maximum(1 - size + size * dice / 2, 0.0)


def _specificity(low: Floats, high: Floats) -> Bounds:
    return (
        _share_of(_true_negative(high[0], low[1]), high[0] * (1 - low[2]) * (1 - low[1]), 0.0),
        _share_of(_true_negative(low[0], high[1]), low[0] * (1 - high[2]) * (1 - high[1]), 1.0),
    )


def _npv(low: Floats, high: Floats) -> Bounds:
    return (
        _share_of(_true_negative(high[0], low[1]), high[0] * high[2] * (1 - low[1]), 0.0),
        _share_of(_true_negative(low[0], high[1]), low[0] * low[2] * (1 - high[1]), 1.0),
    )


def _shares_of_size(low: Floats, high: Floats) -> Bounds:
    """Enclose r / s = b + D (1/2 - b): linear in each, so extreme at a corner."""
    corners = [b + d * (0.5 - b) for d in (low[1], high[1]) for b in (low[2], high[2])]
    return np.minimum.reduce(corners), np.maximum.reduce(corners)


def _positives(low: Floats, high: Floats) -> Bounds:
    minimum, maximum = _shares_of_size(low, high)
    return low[0] * minimum, high[0] * maximum


def _kappa(low: Floats, high: Floats) -> Bounds:
    """Enclose (D - h)/(1 - h): rises with D, falls with h = 2 s a (1 - a), a = r / s."""
    minimum, maximum = _shares_of_size(low, high)
    ends = minimum * (1 - minimum), maximum * (1 - maximum)
    across = (minimum <= 0.5) & (maximum >= 0.5)
    smallest = np.clip(2 * low[0] * np.minimum(*ends), 0.0, 1.0)
    largest = np.clip(2 * high[0] * np.where(across, 0.25, np.maximum(*ends)), 0.0, 1.0)
    return _beyond_chance(low[1], largest, -1.0), _beyond_chance(high[1], smallest, 1.0)


def _beyond_chance(dice: Floats, chance: Floats, empty: float) -> Floats:
    room = 1 - chance
    return np.where(room > 0, np.clip((dice - chance) / np.where(room > 0, room, 1.0), -1.0, 1.0), empty)


def _complement(bounds: Bounds) -> Bounds:
    return 1 - bounds[1], 1 - bounds[0]


_RANGES = {
    "sensitivity": _sensitivity,
    "specificity": _specificity,
    "precision": _precision,
    "npv": _npv,
    "fdr": lambda low, high: _complement(_precision(low, high)),
    "dice": lambda low, high: (low[1], high[1]),
    "f1": lambda low, high: (low[1], high[1]),
    "iou": lambda low, high: (low[1] / (2 - low[1]), high[1] / (2 - high[1])),
    "accuracy": lambda low, high: (1 - high[0] * (1 - low[1]), 1 - low[0] * (1 - high[1])),
    "kappa": _kappa,
}


def choose_parametrisation(keys: Sequence[str]) -> Parametrisation:
    """Return the parametrisation in which these measures are smooth."""
    rates = {"sensitivity", "specificity", "accuracy", "gmean", "balanced_accuracy", "auc"}
    return RatesParametrisation() if set(keys) <= rates else OverlapParametrisation()
