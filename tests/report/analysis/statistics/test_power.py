"""The power study finds spreads again, and the counts that it names do part a pair as often as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.statistics_study.comparisons import draw_differences
from report.analysis.statistics.crossed_effects import EffectSpreads, estimate_crossed
from report.analysis.statistics.power import POWER, study_power


def draw_rows(means, trainings=5, images=12, seed=0, spreads=(0.1, 0.1, 0.1), scale=1.0):
    random = np.random.default_rng(seed)
    shared = scale * (random.normal(size=(trainings, 1)) + random.normal(size=(1, images)))
    return {
        f"row {number}": mean + shared + draw_differences(EffectSpreads(*spreads), 1, trainings, images, random)[0]
        for number, mean in enumerate(means)
    }


def test_spreads_are_those_of_the_draws_and_what_all_share_is_none_of_them():
    found = study_power(draw_rows(np.arange(0, 60, 2), 40, 60, spreads=(0.5, 0.8, 0.3), scale=20.0))
    assert (found.trainings, found.images, len(found.pairs)) == (40, 60, 30 * 29 / 2)
    assert found.between_trainings == pytest.approx(0.5, rel=0.1)
    assert found.between_images == pytest.approx(0.8, rel=0.1)
    assert found.rest == pytest.approx(0.3, rel=0.05)
    assert found.between_methods == pytest.approx(np.std(np.arange(0, 60, 2), ddof=1), rel=0.05)


def test_equal_methods_have_no_spread_between_them():
    found = [study_power(draw_rows([0.0] * 6, seed=seed)).between_methods for seed in range(8)]
    assert np.median(found) <= 0.04  # that of one training and 12 images would be 0.06


def test_a_clear_pair_is_parted_and_a_close_one_is_not():
    found = study_power(draw_rows([1.0, 0.0, 0.01]))
    names = {(pair.row, pair.other): pair for pair in found.pairs}
    assert {pair: one.parted for pair, one in names.items()} == {
        ("row 0", "row 1"): True, ("row 0", "row 2"): True,
        min(names, key=lambda pair: names[pair].difference): False,
    }  # fmt: skip
    assert found.parted_count == 2
    assert all(pair.difference > 0 and pair.low <= pair.difference <= pair.high for pair in found.pairs)


def test_the_trainings_it_names_part_the_pair_with_the_power_it_says():
    spreads, difference = EffectSpreads(1.0, 0.3, 0.5), 1.5
    sample = draw_differences(spreads, 1, 60, 80, np.random.default_rng(3))[0]
    sample = sample - sample.mean() + difference
    (pair,) = study_power({"a": sample[:, :30], "b": np.zeros((60, 30))}).pairs
    needed = int(pair.trainings_needed)
    assert 5 <= needed < 30
    drawn = difference + draw_differences(spreads, 400, needed, 30, np.random.default_rng(4))
    found = np.mean([estimate_crossed(values).p < 0.05 for values in drawn])
    assert POWER - 0.12 <= found <= 1
    fewer = difference + draw_differences(spreads, 400, 5, 30, np.random.default_rng(5))
    assert np.mean([estimate_crossed(values).p < 0.05 for values in fewer]) < found


def test_a_spread_over_trainings_is_no_matter_of_images_and_the_other_way_round():
    of_trainings = np.array([[1.0], [-0.8], [0.9], [-0.7], [0.2]]) + np.zeros((5, 10))
    (pair,) = study_power({"a": of_trainings, "b": np.zeros((5, 10))}).pairs
    assert pair.images_needed == math.inf and 5 < pair.trainings_needed < 1000
    (pair,) = study_power({"a": of_trainings.T, "b": np.zeros((10, 5))}).pairs
    assert pair.trainings_needed == math.inf and 5 < pair.images_needed < 1000


def test_equal_rows_are_never_parted():
    values = np.random.default_rng(1).normal(size=(5, 6))
    (pair,) = study_power({"a": values, "b": values.copy()}).pairs
    assert not pair.parted and pair.trainings_needed == pair.images_needed == math.inf


def test_images_of_one_subject_count_as_one():
    values = draw_rows([0.3, 0.0])
    doubled = {row: np.repeat(grid, 2, axis=1) for row, grid in values.items()}
    subjects = [f"s{number // 2}" for number in range(24)]
    assert study_power(doubled, subjects).images == 12
    plain, grouped = study_power(values).pairs[0], study_power(doubled, subjects).pairs[0]
    assert (grouped.low, grouped.high) == pytest.approx((plain.low, plain.high))
    assert grouped.trainings_needed == plain.trainings_needed


@pytest.mark.parametrize(("rows", "trainings", "images"), [(1, 5, 12), (2, 4, 12), (2, 5, 1)])
def test_a_run_that_is_too_small_has_no_answer(rows, trainings, images):
    assert study_power(draw_rows([0.0] * rows, trainings, images)) is None
