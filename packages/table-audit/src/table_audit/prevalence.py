"""Implied prevalence: the share of positive pixels that three of ACC, SEN, SPE and Dice determine.

First order only: the formulas are exact for one image, and applied here to means over images.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .image_measures import Floats
from .printed_table import PrintedTable

QUARTET = ("accuracy", "sensitivity", "specificity", "dice")

Means = Mapping[str, Floats]


def without_dice(m: Means) -> Floats:
    """Return the prevalence implied by ACC, SEN and SPE."""
    return (m["specificity"] - m["accuracy"]) / (m["specificity"] - m["sensitivity"])


def without_accuracy(m: Means) -> Floats:
    """Return the prevalence implied by Dice, SEN and SPE."""
    false_positive = 1 - m["specificity"]
    sen, dice = m["sensitivity"], m["dice"]
    return dice * false_positive / (2 * sen - dice * (1 + sen - false_positive))


def without_specificity(m: Means) -> Floats:
    """Return the prevalence implied by ACC, Dice and SEN."""
    return (1 - m["accuracy"]) * m["dice"] / (2 * (1 - m["dice"]) * m["sensitivity"])


def without_sensitivity(m: Means) -> Floats:
    """Return the prevalence implied by ACC, SPE and Dice."""
    size = (1 - m["accuracy"]) / (1 - m["dice"])
    true_positive = size * m["dice"] / 2
    false_positive = 1 - m["specificity"]
    return (size - true_positive - false_positive) / (1 - false_positive)


def from_npv(npv: Floats, m: Means) -> Floats:
    """Return the prevalence implied by NPV, SEN and SPE."""
    spe = m["specificity"]
    return spe * (1 - npv) / (spe * (1 - npv) + npv * (1 - m["sensitivity"]))


# By the omitted quantity: the prevalence that the other three of ACC, SEN, SPE and Dice imply.
OMISSIONS = {
    "dice": without_dice,
    "accuracy": without_accuracy,
    "specificity": without_specificity,
    "sensitivity": without_sensitivity,
}


def estimate_prevalences(table: PrintedTable) -> dict[str, Floats]:
    """Return the four implied prevalences, (M,) each, by the quantity left out; empty if one of the four is missing."""
    if not all(key in table.rows for key in QUARTET):
        return {}
    means = {key: table.rows[key].mean for key in QUARTET}
    with np.errstate(divide="ignore", invalid="ignore"):
        return {omitted: formula(means) for omitted, formula in OMISSIONS.items()}


def estimate_specificity(table: PrintedTable) -> Floats:
    """Return the SPE that ACC, SEN and Dice imply, (M,)."""
    means = {key: table.rows[key].mean for key in QUARTET}
    prevalence = without_specificity(means)
    false = (1 - means["accuracy"]) - prevalence * (1 - means["sensitivity"])
    return 1 - false / (1 - prevalence)


def variation_over_methods(values: Floats) -> float:
    """Return the coefficient of variation over methods; infinite where a value is not a proportion."""
    if not np.isfinite(values).all() or (values <= 0).any() or (values >= 1).any():
        return np.inf
    return float(values.std() / values.mean())
