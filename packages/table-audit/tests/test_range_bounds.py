"""Printed means and spreads just inside and just outside what one image can have."""

import numpy as np
import pytest

from table_audit.printed_table import PrintedRow, PrintedTable
from table_audit.quantity import QUANTITIES
from table_audit.violations import find_violations

HALF = 0.005
"""Half a unit of the last printed digit: what is printed may be off by it."""


def find_rules(key, means, spreads=None):
    """Return by method the rules that a table of one printed quantity violates."""
    means = np.array(means, float)
    count = len(means)
    spreads = np.full(count, np.nan) if spreads is None else np.array(spreads, float)
    half, images = np.full(count, HALF), np.full(count, 16.0)
    row = PrintedRow(QUANTITIES[key], means, half, spreads, half, images)
    methods = tuple("ABCDEF"[:count])
    table = PrintedTable("t", methods, {key: row}, np.zeros(count), np.ones(count))
    found = [[] for _ in methods]
    for violation in find_violations(table):
        found[violation.method].append((violation.relation.rule, violation.relation.side))
    return found


@pytest.mark.parametrize(
    ("key", "rule", "low", "high"),
    [
        ("dice", "H1", 0, 1),
        ("kappa", "H1", -1, 1),
        ("piqe", "H1", 0, 100),
        ("ssim", "H7", -1, 1),
        ("entropy", "H7", 0, 8),
        ("avg_gradient", "H1", 0, 255),
    ],
)
def test_a_mean_beyond_the_range_of_one_image(key, rule, low, high):
    means = [high + 0.05, high + 0.004, (low + high) / 2, low - 0.004, low - 0.05]
    assert find_rules(key, means) == [[(rule, "≤")], [], [], [], [(rule, "≥")]]


def test_a_quantity_without_upper_end_has_none():
    assert find_rules("psnr", [1e6, -0.004, -0.05]) == [[], [], [("H7", "≥")]]


def test_a_spread_beyond_that_of_two_extremes():
    # Between 0 and 1 the sd about a mean of .2 is at most sqrt(.8 x .2) = .4; rounding and 15/16 leave it .415 + .005.
    assert find_rules("dice", [0.2, 0.2, 0.5], [0.40, 0.45, 0.45]) == [[], [("H1", "≤")], []]
