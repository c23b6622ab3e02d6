"""Cells of two results paired by hand: which seeds and images count, in which digits, and what is said of them."""

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from report.analysis.statistics.crossed_effects import CrossedEstimate, estimate_crossed
from report.compare.differences import _judge_difference, compute_differences, pair_seeds, round_significant
from report.compare.recorded_results import RecordedResults

NAN = np.nan


def make_side(name, digits=None, **grids):
    side = RecordedResults(name, {}, {}, digits=digits)
    side.__dict__["grids"] = {tuple(key.split("_")): grid for key, grid in grids.items()}
    return side


def grid(columns, **images):
    return pd.DataFrame.from_dict(images, orient="index", columns=columns, dtype=float)


ONE = grid([1, 0], a=[1, 5], b=[2, 6], c=[3, NAN], e=[4, 8])
TWO = grid([0, 1, 2], e=[9, 8, 0], d=[1, 1, 1], a=[7, 3, 0], b=[6, 2, 0], c=[1, 1, 0])


def test_seeds_and_images_of_both_count_and_b_minus_a_is_measured():
    (found,) = compute_differences(make_side("a", dcp_dice=ONE), make_side("b", dcp_dice=TWO, gone_dice=TWO))
    values = np.array([[7 - 5, 6 - 6, 9 - 8], [3 - 1, 2 - 2, 8 - 4]])  # seeds 0 and 1 by images a, b and e
    assert (found.row, found.metric, found.seeds, found.undefined) == ("dcp", "dice", ((0, 0), (1, 1)), 1)
    assert astuple(found.estimate) == astuple(estimate_crossed(values, level=0.95))
    assert (found.first, found.second) == (pytest.approx(26 / 6), pytest.approx(35 / 6))
    assert found.estimate.difference == pytest.approx(1.5)


def test_without_a_common_seed_trainings_are_paired_in_order():
    assert pair_seeds([4, 0, 2], [9, 7]) == ((0, 7), (2, 9))
    assert pair_seeds([8, 1], [8, 64, 1]) == ((1, 1), (8, 8))
    one, two = grid([2, 0], a=[1, 2], b=[3, 4]), grid([9, 7], a=[10, 20], b=[30, 40])
    (found,) = compute_differences(make_side("a", dcp_dice=one), make_side("b", dcp_dice=two))
    assert found.seeds == ((0, 7), (2, 9))
    wanted = estimate_crossed(np.array([[18.0, 36.0], [9.0, 27.0]]), level=0.95)
    assert astuple(found.estimate) == astuple(wanted)


def test_an_interval_must_hold_for_all_cells_at_once():
    # Differences 1, 1.5 and 1.2: t is 8.5; of 2 degrees of freedom 4.3 is asked of one cell, 8.9 of four.
    one, two = grid([0], a=[0], b=[0], c=[0]), grid([0], a=[1], b=[1.5], c=[1.2])
    names = ("dcp_dice", "dcp_auc", "dcp_acc", "dcp_sen")
    for count, verdict in ((1, "differs"), (3, "differs"), (4, "no difference shown")):
        sides = [make_side(name, **dict.fromkeys(names[:count], each)) for name, each in (("a", one), ("b", two))]
        assert {cell.verdict for cell in compute_differences(*sides)} == {verdict}


@pytest.mark.parametrize(("low", "high"), [(-1.0, 0.0), (0.0, 1.0), (-1.0, 1.0), (-1.0, -0.01), (0.01, 1.0)])
def test_an_interval_that_touches_zero_shows_no_difference(low, high):
    estimate = CrossedEstimate((low + high) / 2, low, high, 0.05, 1, 3, 3, "")
    wanted = "differs" if 0.01 in (low, -high) else "no difference shown"
    assert _judge_difference(np.ones((1, 3)), estimate) == wanted


def test_equal_values_are_equal_and_one_image_decides_nothing():
    one, two = grid([0], a=[1], b=[2]), grid([0], a=[1], b=[3])
    for images, verdict in ((["a"], "equal"), (["b"], "undecided")):
        sides = [make_side("a", dcp_dice=one.loc[images]), make_side("b", dcp_dice=two.loc[images])]
        assert [cell.verdict for cell in compute_differences(*sides)] == [verdict]
    empty = make_side("b", dcp_dice=two * NAN)
    assert compute_differences(make_side("a", dcp_dice=one), empty) == []


@pytest.mark.parametrize(
    ("digits", "verdict"), [((None, None), "undecided"), ((3, None), "equal"), ((8, 3), "equal"), ((8, 4), "undecided")]
)
def test_values_are_compared_in_the_fewest_digits_of_both(digits, verdict):
    sides = [
        make_side("a", digits[0], dcp_dice=grid([0], a=[0.12344])),
        make_side("b", digits[1], dcp_dice=grid([0], a=[0.12313])),
    ]
    assert [cell.verdict for cell in compute_differences(*sides)] == [verdict]
    assert round_significant(np.array([[123.456, -0.0012345]]), 3).tolist() == [[123.0, -0.00123]]
