"""Agreement of two data sets on an order, against SciPy, Student's interval and orders that are known."""

import numpy as np
import pytest
from scipy import stats

from report.analysis.statistics.order_agreement import (
    KEPT_ORDER_TAU,
    OrderAgreement,
    compute_kendall_tau,
    measure_agreement,
    redraw_means,
)


def draw_scores(means, trainings=3, images=16, noise=0.0, seed=0):
    """Return (rows, trainings, images) scores: a mean per row, and noise of trainings and of images per row."""
    random = np.random.default_rng(seed)
    rows = len(means)
    of_trainings = random.normal(size=(rows, trainings, 1))
    of_images = random.normal(size=(rows, 1, images))
    return np.asarray(means, dtype=float)[:, None, None] + noise * (of_trainings + of_images)


def test_tau_is_that_of_scipy_with_ties_too():
    random = np.random.default_rng(1)
    first, second = random.integers(0, 5, (2, 40, 9))
    expected = [stats.kendalltau(one, other).statistic for one, other in zip(first, second, strict=True)]
    assert compute_kendall_tau(first, second) == pytest.approx(expected)


def test_without_an_order_tau_is_zero():
    assert compute_kendall_tau(np.ones(5), np.arange(5)) == 0


def test_the_first_mean_is_that_of_all_values():
    values = draw_scores([1, 2, 3], noise=1.0)
    assert redraw_means(values, np.random.default_rng(0), 3)[0] == pytest.approx([value.mean() for value in values])


@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("shape", [(1, -1, 1), (1, 1, -1)])
def test_redrawn_means_spread_as_student_s_interval(count, shape):
    """Where trainings or images differ, and not both, half the width of 95 % of the draws is t times the error.

    Three trainings have ten resamples only, so their quantiles are coarse; the standard deviation is compared.
    """
    drawn = np.random.default_rng(4).normal(size=count)
    values = np.broadcast_to(drawn.reshape(shape), (1, 4, count) if shape[2] == -1 else (1, count, 4))
    means = redraw_means(values, np.random.default_rng(0), 40_000)[1:, 0]
    wanted = stats.sem(drawn) * stats.t.isf(0.025, count - 1)
    assert means.std() * stats.norm.isf(0.025) == pytest.approx(wanted, rel=0.03)


def test_the_interval_is_cut_at_a_fortieth_of_two_thousand_draws():
    first, second = (draw_scores([0.0, 0.4, 0.9], noise=1.0, seed=seed) for seed in (3, 4))
    random = np.random.default_rng(5)
    means = [redraw_means(values, random) for values in (first, second)]
    assert [each.shape for each in means] == [(2001, 3)] * 2
    pairs = [np.sign(each[:, [0, 0, 1]] - each[:, [1, 2, 2]]) for each in means]
    taus = np.sort((pairs[0] * pairs[1]).sum(axis=1)[1:] / 3)
    # With 2000 sorted values the quantile at 0.025 lies at place 49.975, and all are multiples of a third.
    found = measure_agreement(first, second, seed=5)
    assert (found.low, found.high) == pytest.approx((taus[50], taus[1949]))
    own = [np.sort((signs[0] * signs[1:]).sum(axis=1) / 3)[50] for signs in pairs]
    assert found.own == pytest.approx(tuple(own))


def test_the_draws_are_those_of_seed_0_unless_told_otherwise():
    first, second = (draw_scores(np.linspace(0, 2, 20), noise=1.0, seed=seed) for seed in (3, 4))
    found = measure_agreement(first, second)
    assert found == measure_agreement(first, second, seed=0) != measure_agreement(first, second, seed=1)


def test_all_rows_are_redrawn_together():
    values = draw_scores([0.0], noise=1.0)
    drawn = redraw_means(np.concatenate([values, values + 1]), np.random.default_rng(0))
    assert np.ptp(drawn[:, 1] - drawn[:, 0]) < 1e-12


def test_a_clear_order_carries_over_and_its_reverse_does_not():
    means = np.arange(8.0)
    first, same, reverse = (
        draw_scores(each, noise=0.02, seed=seed) for seed, each in enumerate((means, means, -means))
    )
    found = measure_agreement(first, same)
    assert (found.tau, found.low, found.high, found.carries_over) == (1, 1, 1, True)
    found = measure_agreement(first, reverse)
    assert (found.tau, found.carries_over) == (-1, False)


def test_equal_rows_have_no_order_that_could_carry_over():
    first, second = (draw_scores(np.zeros(8), noise=1.0, seed=seed) for seed in (1, 2))
    found = measure_agreement(first, second)
    assert min(found.own) < KEPT_ORDER_TAU
    assert found.carries_over is None


def test_one_training_tells_nothing():
    one = draw_scores(np.arange(8.0), trainings=1)
    found = measure_agreement(one, draw_scores(np.arange(8.0), trainings=3))
    assert (found.tau, found.trainings, found.carries_over) == (1, 1, None)


@pytest.mark.parametrize(
    ("low", "high", "own", "expected"),
    [
        (0.5, 0.9, 0.3, True),
        (0.4, 0.9, 0.9, None),
        (-0.2, 0.4, 0.6, False),
        (-0.2, 0.4, 0.4, None),
        (-0.2, 0.5, 0.6, None),
    ],
)
def test_the_verdict_follows_the_interval(low, high, own, expected):
    assert OrderAgreement(0.3, low, high, (own, 0.95), trainings=3).carries_over is expected


def test_two_trainings_are_enough_for_a_verdict():
    assert OrderAgreement(0.9, 0.8, 1.0, (0.9, 0.9), trainings=2).carries_over is True
