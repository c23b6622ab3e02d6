"""Ranks and ties of rows whose order is known by hand, against an independent Holm correction."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from report.analysis.statistics.crossed_effects import estimate_crossed
from report.analysis.statistics.rank_intervals import find_tie_groups, rank_rows

ORDER = {"worst": 0.2, "low": 0.5, "twin": 0.5, "top": 0.9}


def make_grid(level, seed=0, trainings=5, images=12, spread=0.01):
    random = np.random.default_rng(seed)
    values = level + random.normal(0, spread, (images, 1)) + random.normal(0, spread, (images, trainings))
    return pd.DataFrame(values, index=[f"i{number}" for number in range(images)])


def make_rows(levels=ORDER, **more):
    return {name: make_grid(level, seed=place, **more) for place, (name, level) in enumerate(levels.items())}


def spans(found):
    return {name: (rank.low, rank.high) for name, rank in found.items()}


def test_clear_levels_give_the_rank_and_equal_ones_share_theirs():
    found = rank_rows(make_rows(), list(ORDER), "higher")
    assert spans(found) == {"worst": (4, 4), "low": (2, 3), "twin": (2, 3), "top": (1, 1)}
    assert {name: rank.ties for name, rank in found.items()} == {"top": "a", "low": "b", "twin": "b", "worst": "c"}
    assert all(rank.places == 4 and not rank.control for rank in found.values())


def test_a_measure_that_is_better_when_lower_turns_the_order():
    found = rank_rows(make_rows(), list(ORDER), "lower")
    assert spans(found) == {"worst": (1, 1), "low": (2, 3), "twin": (2, 3), "top": (4, 4)}
    assert found["worst"].ties == "a"


def test_a_noisy_row_shares_the_letters_of_both_groups_between_which_it_lies():
    rows = {**make_rows({"low": 0.5, "top": 0.56}), "noisy": make_grid(0.53, seed=9, spread=0.3)}
    found = rank_rows(rows, list(rows), "higher")
    assert (found["top"].ties, found["low"].ties) == ("a", "b")
    assert found["noisy"].ties == "ab"
    assert spans(found) == {"low": (2, 3), "top": (1, 2), "noisy": (1, 3)}


def test_parted_pairs_are_those_of_holm_over_all_pairs():
    rows = make_rows({name: 0.5 + 0.012 * place for place, name in enumerate("abcdef")}, spread=0.02)
    found = rank_rows(rows, list(rows), "higher")
    pairs = list(combinations(rows, 2))
    p = [estimate_crossed((rows[one] - rows[other]).to_numpy().T).p for one, other in pairs]
    parted = multipletests(p, method="holm")[0]
    assert 0 < parted.sum() < len(pairs)
    shared = [bool(set(found[one].ties) & set(found[other].ties)) for one, other in pairs]
    assert shared == [not each for each in parted]


def test_controls_are_placed_and_cost_the_others_nothing():
    rows = make_rows()
    alone = rank_rows(rows, list(ORDER), "higher")
    controls = {"between": make_grid(0.7, seed=20), "best": make_grid(0.99, seed=21), "as low": make_grid(0.5, seed=22)}
    found = rank_rows({**rows, **controls}, list(ORDER), "higher")
    assert {name: found[name] for name in ORDER} == alone
    assert {name: (found[name].low, found[name].high, found[name].ties) for name in controls} == {
        "between": (2, 2, ""),
        "best": (1, 1, ""),
        "as low": (2, 4, "b"),
    }
    assert all(found[name].control and found[name].places == 5 for name in controls)


@pytest.mark.parametrize("better", ["none", "higher"])
def test_without_a_test_or_a_better_side_there_is_no_rank(better):
    trainings = 5 if better == "none" else 4
    assert rank_rows(make_rows(trainings=trainings), list(ORDER), better) == {}
    assert rank_rows(make_rows(images=1), list(ORDER), "higher") == {}


def test_two_rows_and_two_images_are_enough_for_ranks_and_one_row_is_not():
    rows = make_rows({"low": 0.5, "top": 0.9})
    assert spans(rank_rows(rows, list(rows), "higher")) == {"low": (2, 2), "top": (1, 1)}
    assert rank_rows(rows, ["top"], "higher") == {}
    few = make_rows({"low": 0.5, "top": 0.9}, images=2)
    assert {name: rank.places for name, rank in rank_rows(few, list(few), "higher").items()} == {"low": 2, "top": 2}


def test_a_row_with_too_few_trainings_takes_no_part():
    rows = {**make_rows(), "new": make_grid(0.95, trainings=3)}
    found = rank_rows(rows, list(rows), "higher")
    assert "new" not in found and found["top"].text == "1 a"


def test_controls_come_after_the_ranked_rows_in_the_order_given():
    rows = make_rows({"top": 0.9, **{f"control {number}": 0.5 for number in range(9)}, "low": 0.5})
    assert list(rank_rows(rows, ["low", "top"], "higher")) == ["low", "top", *(f"control {n}" for n in range(9))]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(0, 10**6), st.floats(0, 1))
def test_rows_share_a_group_unless_they_are_parted(count, seed, share):
    random = np.random.default_rng(seed)
    parted = np.triu(random.random((count, count)) < share, 1)
    parted |= parted.T
    groups = find_tie_groups(parted, random.random(count))
    together = np.zeros((count, count), dtype=bool)
    for group in groups:
        together[np.ix_(group, group)] = True
    off = ~np.eye(count, dtype=bool)
    assert (together[off] == ~parted[off]).all() and together.diagonal().all()
    assert not any(set(one) <= set(other) for one in groups for other in groups if one is not other)
