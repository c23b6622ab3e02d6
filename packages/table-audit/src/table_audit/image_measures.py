"""Mask measures of one image as functions of its share of positive pixels, SEN and SPE.

An image of the audit is a point (r, SEN, SPE) of the unit cube: r is the share of positive pixels. ACC, Dice, Kappa and
the others follow from it; only AUC does not, but a monotone ROC through (1 - SPE, SEN) bounds it on both sides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bounds = tuple[Floats, Floats]


def _odds(r: Floats) -> Floats:
    return r / (1.0 - r)


def _ratio(above: Floats, below: Floats, empty: float) -> Floats:
    """Divide; ``empty`` where both are 0."""
    out = np.full(np.broadcast(above, below).shape, empty)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = above / below
    known = ~((above == 0) & (below == 0)) & ~np.isnan(quotient)
    out[known] = quotient[known]
    return out


def _accuracy(r: Floats, sen: Floats, spe: Floats) -> Floats:
    return r * sen + (1.0 - r) * spe


def _dice(r: Floats, sen: Floats, spe: Floats) -> Floats:
    return _ratio(2.0 * r * sen, r * (1.0 + sen) + (1.0 - r) * (1.0 - spe), 0.0)


def _iou(r: Floats, sen: Floats, spe: Floats) -> Floats:
    dice = _dice(r, sen, spe)
    return dice / (2.0 - dice)


def _precision(r: Floats, sen: Floats, spe: Floats) -> Floats:
    return _ratio(r * sen, r * sen + (1.0 - r) * (1.0 - spe), 0.0)


def _npv(r: Floats, sen: Floats, spe: Floats) -> Floats:
    return _ratio((1.0 - r) * spe, (1.0 - r) * spe + r * (1.0 - sen), 0.0)


def _kappa(r: Floats, sen: Floats, spe: Floats) -> Floats:
    # Cohen's Kappa, divided through by r (1 - r): the denominator is convex in the odds of r.
    odds = _odds(np.clip(r, 1e-300, 1.0 - 1e-16))
    below = sen + spe + (1.0 - sen) * odds + (1.0 - spe) / odds
    return _ratio(2.0 * (sen + spe - 1.0), below, 0.0)


# The measures that r, SEN and SPE determine. All rise with SEN and with SPE, except FDR, which falls.
POINTWISE: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "sensitivity": lambda r, sen, spe: sen,
    "specificity": lambda r, sen, spe: spe,
    "accuracy": _accuracy,
    "balanced_accuracy": lambda r, sen, spe: (sen + spe) / 2.0,
    "gmean": lambda r, sen, spe: np.sqrt(sen * spe),
    "dice": _dice,
    "f1": _dice,
    "iou": _iou,
    "precision": _precision,
    "fdr": lambda r, sen, spe: 1.0 - _precision(r, sen, spe),
    "npv": _npv,
    "kappa": _kappa,
}


def auc_bounds(sen: Floats, spe: Floats) -> Bounds:
    """Return the smallest and the largest AUC of a monotone ROC through (1 - SPE, SEN)."""
    return sen * spe, 1.0 - (1.0 - sen) * (1.0 - spe)


def measure_range(key: str, low: Floats, high: Floats) -> Bounds:
    """Enclose a measure over boxes; tight for every measure.

    Args:
        key: A key of :data:`POINTWISE`, or ``auc``.
        low: Smallest r, SEN and SPE of each box, (3, K).
        high: Largest r, SEN and SPE of each box, (3, K).

    Returns:
        Smallest and largest value over each box, (K,) each. Where a measure is undefined (0/0) anything in its range
        counts: no convention can fall outside.
    """
    if key == "auc":
        return auc_bounds(low[1], low[2])[0], auc_bounds(high[1], high[2])[1]
    if key == "fdr":
        below, above = measure_range("precision", low, high)
        return 1.0 - above, 1.0 - below
    formula = POINTWISE[key]
    at_low = [formula(r, low[1], low[2]) for r in (low[0], high[0])]
    at_high = [formula(r, high[1], high[2]) for r in (low[0], high[0])]
    if key == "kappa":
        # In r Kappa is extreme at one inner point, where the odds are sqrt((1 - SPE)/(1 - SEN)).
        at_low.append(_kappa_inside(low, high, low))
        at_high.append(_kappa_inside(low, high, high))
    bottom, top = np.minimum.reduce(at_low), np.maximum.reduce(at_high)
    if key in ("precision", "npv"):
        # Undefined at a corner of the cube (nothing predicted): any value between 0 and 1 counts there.
        nothing = (low[1] <= 0) & (high[2] >= 1) if key == "precision" else (low[2] <= 0) & (high[1] >= 1)
        bottom, top = np.where(nothing, 0.0, bottom), np.where(nothing, 1.0, top)
    return bottom, top


def _kappa_inside(low: Floats, high: Floats, corner: Floats) -> Floats:
    sen, spe = corner[1], corner[2]
    odds = np.sqrt(_ratio(1.0 - spe, 1.0 - sen, 1.0))
    share = np.where(np.isinf(odds), 1.0, odds / (1.0 + np.where(np.isinf(odds), 0.0, odds)))
    return _kappa(np.clip(share, low[0], high[0]), sen, spe)
