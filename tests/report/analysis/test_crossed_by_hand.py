"""The crossed interval, its p-value and the summary of a row against textbook formulas written out here."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from report.analysis.statistics.crossed_effects import compute_half_widths, estimate_crossed
from report.analysis.statistics.summary import summarise

UNEQUAL = ("u", "v", "v", "w", "w", "w")
"""The subjects of six images: one, two and three of each."""


def draw(trainings, images, seed=0, shift=0.4):
    random = np.random.default_rng(seed)
    return (
        shift
        + random.normal(0, 0.5, (trainings, 1))
        + random.normal(0, 0.7, (1, images))
        + random.normal(0, 0.3, (trainings, images))
    )


def gather(values, subjects):
    """One value per training and subject: the mean, and the subject's summed deviations from it, scaled alike."""
    names = sorted(set(subjects))
    mean = values.mean()
    return np.array(
        [
            [
                mean
                + len(names) / len(subjects) * sum(v - mean for v, s in zip(line, subjects, strict=True) if s == name)
                for name in names
            ]
            for line in values
        ]
    )


def mean_squares(values):
    """Those of trainings and of columns, and of what neither explains, of an additive two-way table."""
    count, width = values.shape
    rows, columns, mean = values.mean(axis=1), values.mean(axis=0), values.mean()
    of_rows = width * sum((row - mean) ** 2 for row in rows) / (count - 1)
    of_columns = count * sum((column - mean) ** 2 for column in columns) / (width - 1)
    rest = sum((values[r, c] - rows[r] - columns[c] + mean) ** 2 for r in range(count) for c in range(width)) / (
        (count - 1) * (width - 1)
    )
    return of_rows, of_columns, rest


def half_width(values, alpha):
    """Searle's variance of the mean, and Cochran and Cox's average of two quantiles."""
    count, width = values.shape
    of_rows, of_columns, rest = mean_squares(values)
    variance = max(of_rows + of_columns - rest, of_rows, of_columns) / (count * width)
    quantiles = [stats.t.ppf(1 - alpha / 2, df) for df in (count - 1, width - 1)]
    return math.sqrt(variance) * np.average(quantiles, weights=[of_rows, of_columns])


def p_value(values):
    low, high = 1e-12, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if half_width(values, middle) > abs(values.mean()) else (low, middle)
    return high


@pytest.mark.parametrize("trainings", [2, 3, 5])
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_interval_over_trainings_and_images(trainings, level):
    values = draw(trainings, 7, seed=trainings)
    found = estimate_crossed(values, level=level)
    assert found.difference == pytest.approx(values.mean())
    assert found.high - found.difference == pytest.approx(half_width(values, 1 - level), rel=1e-9)
    assert found.difference - found.low == pytest.approx(half_width(values, 1 - level), rel=1e-9)
    assert (found.trainings, found.images, found.clusters) == (trainings, 7, 7)


@pytest.mark.parametrize("trainings", [2, 3, 6])
def test_the_interval_over_subjects_of_unequal_size(trainings):
    values = draw(trainings, 6, seed=10 + trainings)
    found = estimate_crossed(values, UNEQUAL)
    assert found.difference == pytest.approx(values.mean())
    assert found.high - values.mean() == pytest.approx(half_width(gather(values, UNEQUAL), 0.05), rel=1e-9)
    assert (found.images, found.clusters) == (6, 3)


def test_one_training_of_subjects_of_unequal_size():
    # Means of 4 over images; subjects' summed deviations are -3, 1 and 2, which half of six images scales by 1/2.
    values = np.array([[1.0, 4.0, 5.0, 2.0, 5.0, 7.0]])
    columns = np.array([4 - 1.5, 4 + 0.5, 4 + 1.0])
    half = stats.t.ppf(0.975, 2) * columns.std(ddof=1) / math.sqrt(3)
    found = estimate_crossed(values, UNEQUAL)
    assert (found.difference, found.low, found.high) == pytest.approx((4.0, 4 - half, 4 + half))
    assert math.isnan(found.p)


@pytest.mark.parametrize("subjects", [None, UNEQUAL])
def test_the_p_value_is_the_level_that_reaches_zero(subjects):
    values = draw(5, 6, seed=3)
    wanted = p_value(values if subjects is None else gather(values, subjects))
    assert 0.01 < wanted < 0.9
    assert estimate_crossed(values, subjects).p == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("trainings", "has_p"), [(4, False), (5, True)])
def test_five_trainings_are_the_fewest_with_a_p_value(trainings, has_p):
    found = estimate_crossed(draw(trainings, 6))
    assert math.isnan(found.p) is not has_p
    assert found.note.endswith("too few for a verdict") is not has_p


@pytest.mark.parametrize(("constant", "p"), [(0.0, 1.0), (0.25, 0.0), (-0.25, 0.0)])
def test_differences_that_never_vary(constant, p):
    found = estimate_crossed(np.full((5, 4), constant))
    assert (found.difference, found.low, found.high, found.p) == (constant, constant, constant, p)


def test_a_mean_of_zero_has_p_one_and_a_huge_one_the_smallest_p():
    values = draw(5, 6)
    assert estimate_crossed(values - values.mean()).p == pytest.approx(1.0)
    assert estimate_crossed(np.array([[1.0, -1.0]] * 5)).p == 1.0
    assert estimate_crossed(1e9 + values).p == 1e-12


def test_one_subject_has_no_interval():
    found = estimate_crossed(draw(5, 3), ["u"] * 3)
    assert np.isnan([found.low, found.high, found.p]).all()
    assert found.note == "no interval: one subject"
    assert (found.trainings, found.images, found.clusters) == (5, 3, 1)


def test_half_widths_of_many_comparisons_are_those_of_each():
    stacks = np.array([[draw(3, 5, seed=seed) for seed in pair] for pair in ((1, 2), (3, 4), (5, 6))])
    wanted = [[half_width(values, 0.1) for values in pair] for pair in stacks]
    assert compute_half_widths(stacks, 0.1).tolist() == [pytest.approx(pair, rel=1e-9) for pair in wanted]
    single = np.array([[[1.0, 2.0, 6.0]], [[0.0, 0.0, 3.0]]])
    wanted = [stats.t.ppf(0.95, 2) * values[0].std(ddof=1) / math.sqrt(3) for values in single]
    assert compute_half_widths(single, 0.1).tolist() == pytest.approx(wanted)


def test_the_summary_of_a_skewed_row_with_gaps():
    values = pd.DataFrame(
        [[1.0, 3.0], [2.0, 2.0], [4.0, 4.0], [7.0, 9.0], [20.0, 12.0], [np.nan, np.inf], [5.0, np.nan]]
    )
    found = summarise(values)
    # Images that count have the means 2, 2, 4, 8 and 16; of seeds these are 6.8 and 6.
    assert (found.mean, found.median, found.q25, found.q75) == pytest.approx((6.4, 4.0, 2.0, 8.0))
    assert found.sd_images == pytest.approx(math.sqrt((2 * 4.4**2 + 2.4**2 + 1.6**2 + 9.6**2) / 4))
    assert found.sd_seeds == pytest.approx(math.sqrt(2 * 0.4**2))
    kept = [1, 3, 2, 2, 4, 4, 7, 9, 20, 12]
    assert found.sd_values == pytest.approx(math.sqrt(sum((value - 6.4) ** 2 for value in kept) / 9))
    assert (found.n, found.missing, found.undefined, found.seeds) == (5, 2, 3, 2)


def test_quartiles_lie_between_images_where_they_must():
    found = summarise(pd.DataFrame([[1.0], [2.0], [4.0], [10.0]]))
    assert (found.q25, found.median, found.q75) == pytest.approx((1.75, 3.0, 5.5))
    assert math.isnan(found.sd_seeds)


def test_a_row_without_any_image_that_counts():
    found = summarise(pd.DataFrame([[1.0, np.nan], [np.nan, np.nan]]))
    assert (found.n, found.missing, found.undefined, found.seeds) == (0, 2, 3, 2)
    assert np.isnan([found.mean, found.median, found.q25, found.q75, found.sd_images]).all()
