"""The interval over trainings and images: its laws, and its level and coverage by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from benchmarks.statistics_study.comparisons import simulate_study
from report.analysis.statistics.crossed_effects import (
    MIN_TRAININGS,
    EffectSpreads,
    _student_quantile,
    estimate_crossed,
    estimate_effect_spreads,
)


def sample(generator, trainings=5, images=16, of_training=1.0, of_image=1.0, rest=1.0):
    """Return null differences with the given spreads."""
    return (
        of_training * generator.normal(size=(trainings, 1))
        + of_image * generator.normal(size=(1, images))
        + rest * generator.normal(size=(trainings, images))
    )


@pytest.mark.parametrize("spreads", [(0, 1, 1), (1, 1, 1), (1, 0, 0.1), (0.1, 1, 0.1), (0.3, 1, 1)])
def test_a_method_is_seldom_found_different_from_itself(spreads):
    generator = np.random.default_rng(1)
    found = [estimate_crossed(sample(generator, 5, 16, *spreads)) for _ in range(1500)]
    covered = np.mean([each.low <= 0 <= each.high for each in found])
    assert covered >= 0.93
    assert np.mean([each.p < 0.05 for each in found]) <= 0.065  # .05 and what 1,500 draws leave uncertain


def test_images_alone_would_call_it_different():
    generator = np.random.default_rng(2)
    p = [stats.ttest_1samp(sample(generator, trainings=1)[0], 0).pvalue for _ in range(300)]
    assert np.mean(np.array(p) < 0.05) > 0.3


def test_without_spread_over_trainings_it_is_the_t_test_over_images():
    values = np.repeat(np.random.default_rng(3).normal(0.4, 1, (1, 12)), MIN_TRAININGS, axis=0)
    found, wanted = estimate_crossed(values), stats.ttest_1samp(values[0], 0)
    assert found.p == pytest.approx(wanted.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(wanted.confidence_interval()))


def test_without_spread_over_images_it_is_the_t_test_over_trainings():
    values = np.repeat(np.random.default_rng(4).normal(0.4, 1, (6, 1)), 9, axis=1)
    assert estimate_crossed(values).p == pytest.approx(stats.ttest_1samp(values[:, 0], 0).pvalue, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(2, 9))
def test_laws(seed, trainings, images):
    values = np.random.default_rng(seed).normal(0.3, 1, (trainings, images))
    found = estimate_crossed(values)
    assert found.low <= found.difference <= found.high
    flipped = estimate_crossed(-values)
    assert (flipped.low, flipped.high) == pytest.approx((-found.high, -found.low))
    assert estimate_crossed(10 * values).p == pytest.approx(found.p, nan_ok=True)
    own = [str(image) for image in range(images)]
    assert estimate_crossed(values, own).high == pytest.approx(found.high)
    if trainings >= MIN_TRAININGS:
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_copies_of_an_image_under_one_subject_add_no_certainty():
    values = np.random.default_rng(5).normal(0.3, 1, (5, 8))
    doubled = np.repeat(values, 2, axis=1)
    subjects = [str(number // 2) for number in range(16)]
    assert estimate_crossed(doubled, subjects).high == pytest.approx(estimate_crossed(values).high)
    assert estimate_crossed(doubled).high < estimate_crossed(values).high


@pytest.mark.parametrize("trainings", [1, 4])
def test_few_trainings_give_no_p_and_say_so(trainings):
    found = estimate_crossed(np.random.default_rng(6).normal(3, 0.1, (trainings, 10)))
    assert np.isnan(found.p)
    assert "these trained weights only" in found.note if trainings == 1 else "too few for a verdict" in found.note


def test_one_image_has_no_interval():
    found = estimate_crossed(np.ones((5, 1)))
    assert np.isnan([found.low, found.high, found.p]).all()
    assert "one image" in found.note


def test_no_nan_is_swallowed():
    with pytest.raises(ValueError, match="finite"):
        estimate_crossed(np.array([[1.0, np.nan]]))


def test_spreads_are_found_again():
    generator = np.random.default_rng(7)
    found = [estimate_effect_spreads(sample(generator, 8, 20, 0.5, 1.0, 0.7)) for _ in range(200)]
    assert np.sqrt(np.mean([each.trainings**2 for each in found])) == pytest.approx(0.5, rel=0.1)
    assert np.sqrt(np.mean([each.images**2 for each in found])) == pytest.approx(1.0, rel=0.1)
    assert np.sqrt(np.mean([each.rest**2 for each in found])) == pytest.approx(0.7, rel=0.05)


def test_the_study_shows_what_images_as_replicates_do():
    table = simulate_study({("a", "dice"): EffectSpreads(1.0, 1.0, 1.0)}, images=16, trainings=(1, 5), draws=300)
    lines = table.set_index(["trainings", "way"])
    assert lines.loc[(1, "images"), "false_positives"] > 0.3
    assert np.isnan(lines.loc[(1, "crossed"), "false_positives"])
    assert lines.loc[(5, "crossed"), "coverage"] >= 0.92


@pytest.mark.parametrize("df", [1, 4, 15, 599])
def test_the_quantile_of_students_t_is_scipys_to_the_bit(df):
    tails = 10.0 ** np.linspace(-12.3, -0.31, 200)
    assert [_student_quantile(tail, df) for tail in tails] == list(stats.t.isf(tails, df))


def test_spreads_of_two_trainings_and_three_images_by_hand():
    # Means of trainings 3 and 5, of images 2, 2 and 8; the rest is 0, 1, -1 and 0, -1, 1: 4 / (1 x 2) = 2.
    found = estimate_effect_spreads(np.array([[1.0, 2.0, 6.0], [3.0, 2.0, 10.0]]))
    assert (found.trainings, found.images, found.rest) == pytest.approx(
        ((2 - 2 / 3) ** 0.5, (12 - 2 / 2) ** 0.5, 2**0.5)
    )
    # Here neither trainings nor images differ on average: 0 - 1/2 counts as zero.
    found = estimate_effect_spreads(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert (found.trainings, found.images, found.rest) == pytest.approx((0, 0, 1))
    for shape in ((1, 3), (3, 1)):
        with pytest.raises(ValueError, match="two trainings and two images"):
            estimate_effect_spreads(np.zeros(shape))
