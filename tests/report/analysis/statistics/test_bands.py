"""Prediction bands hold what they promise: for one feature, and for many rows that lend each other their spread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from report.analysis.statistics.prediction_bands import (
    MIN_PRIOR_VARIANCES,
    NO_PRIOR,
    VariancePrior,
    fit_prior,
    predict_band,
)

values = st.lists(st.floats(-10, 10), min_size=3, max_size=8).filter(lambda found: np.std(found) > 1e-3)


@pytest.mark.parametrize(("published", "trainings"), [(5, 1), (5, 5), (3, 2), (10, 1)])
def test_a_true_replicate_misses_as_often_as_promised(published, trainings):
    random = np.random.default_rng(published + trainings)
    draws = 3000
    missed = 0
    for _ in range(draws):
        made = predict_band(random.normal(size=published), trainings, 0.05)
        missed += made.distance_in_half_widths(random.normal(size=trainings).mean()) > 1
    assert 0.038 <= missed / draws <= 0.062  # three standard errors


@given(values, st.floats(0.1, 10), st.floats(-5, 5))
@settings(deadline=None, max_examples=50)
def test_units_do_not_matter(found, scale, shift):
    one, other = predict_band(found, 2, 0.01), predict_band(np.array(found) * scale + shift, 2, 0.01)
    assert other.centre == pytest.approx(one.centre * scale + shift, abs=1e-9)
    assert other.half_width == pytest.approx(one.half_width * scale)


@given(values, st.floats(1e-3, 0.5), st.integers(1, 9))
@settings(deadline=None, max_examples=50)
def test_more_seeds_and_a_laxer_level_make_bands_narrower(found, level, trainings):
    made = predict_band(found, trainings, level)
    assert predict_band(found, trainings + 1, level).half_width < made.half_width
    assert predict_band(found, trainings, level * 1.5).half_width < made.half_width


def test_the_prior_is_that_of_the_variances_it_came_from():
    random = np.random.default_rng(0)
    true = 3.0 * 8 / random.chisquare(8, 4000)
    found = fit_prior(true * random.chisquare(4, 4000) / 4, 4)
    assert found.df == pytest.approx(8, rel=0.15)
    assert found.variance == pytest.approx(3, rel=0.05)


def test_equal_variances_are_worth_no_more_than_what_was_measured():
    random = np.random.default_rng(1)
    found = [fit_prior(random.chisquare(4, 10) / 4, 4).df for _ in range(200)]
    assert max(found) == pytest.approx(36)
    assert fit_prior([1.0] * (MIN_PRIOR_VARIANCES - 1), 4) == NO_PRIOR
    assert fit_prior([0.0] * 10, 4) == NO_PRIOR


def test_a_prior_makes_the_band_of_a_lucky_row_wider_and_of_an_unlucky_one_narrower():
    prior = VariancePrior(1.0, 8.0)
    close, wide = [0, 0.1, 0.2, 0.1, 0.1], [0, 3, 6, 9, -6]
    assert predict_band(close, 1, 0.05, prior).half_width > predict_band(close, 1, 0.05).half_width
    assert predict_band(wide, 1, 0.05, prior).half_width < predict_band(wide, 1, 0.05).half_width
    assert predict_band(close, 1, 0.05, prior).df == 12


@pytest.mark.parametrize("spread_of_rows", [np.inf, 10, 4])
def test_rows_that_lend_each_other_their_spread_keep_the_promise_of_the_family(spread_of_rows):
    """Ten rows, rows of unequal spread among them: the promise for all of them together is kept."""
    random = np.random.default_rng(2)
    rows, level, draws = 10, 0.05, 400
    missed = 0
    for _ in range(draws):
        sds = (
            np.ones(rows)
            if np.isinf(spread_of_rows)
            else np.sqrt(spread_of_rows / random.chisquare(spread_of_rows, rows))
        )
        published, further = sds[:, None] * random.normal(size=(rows, 5)), sds * random.normal(size=rows)
        prior = fit_prior(published.var(axis=1, ddof=1), 4)
        made = [predict_band(line, 1, level / rows, prior) for line in published]
        missed += any(one.distance_in_half_widths(value) > 1 for one, value in zip(made, further, strict=True))
    assert missed <= stats.binom.isf(0.01, draws, level)


def test_what_has_no_band_is_refused():
    for found in ([1.0], [1.0, np.nan]):
        with pytest.raises(ValueError, match="two finite"):
            predict_band(found, 1, 0.05)
