"""Statistics against closed forms, scipy, statsmodels and scikit-posthocs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from report.statistics import (
    bca_interval,
    critical_difference,
    friedman,
    holm,
    paired_tests,
    rank_biserial,
    summary,
)

COLUMNS = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]


def scores(values, metric="dice", variants=None):
    """Tidy scores from {method: (seeds, images)}."""
    lines = [
        ("cornsim", "demo", method, (variants or {}).get(method, ""), seed, f"{image:03d}.png", metric, value, "")
        for method, array in values.items()
        for seed, line in enumerate(np.atleast_2d(array))
        for image, value in enumerate(line)
    ]
    return pd.DataFrame(lines, columns=COLUMNS)


@pytest.fixture
def three():
    rng = np.random.default_rng(0)
    base = rng.normal(0.6, 0.1, 60)
    return {
        "identity": base,
        "dcp": base + rng.normal(0.02, 0.03, 60),
        "sspnet": base + rng.normal(0.1, 0.05, (3, 60)) + np.array([[0.0], [0.01], [-0.01]]),
    }


def line(frame, row, reference):
    return frame[(frame["row"] == row) & (frame["reference"] == reference)].iloc[0]


def test_sds_over_images_and_seeds_are_apart():
    values = np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])
    found = summary(scores({"sspnet": values})).iloc[0]
    assert (found["mean"], found["median"]) == (2.5, 2.5)
    assert found["sd_images"] == pytest.approx(1.0)
    assert found["sd_seeds"] == pytest.approx(np.sqrt(0.5))
    assert (found["n"], found["seeds"], found["missing"]) == (3, 2, 0)


def test_undefined_values_are_counted_and_left_out():
    found = summary(scores({"dcp": [1.0, np.nan, 3.0]})).iloc[0]
    assert (found["n"], found["missing"], found["mean"]) == (2, 1, 2.0)
    assert np.isnan(found["sd_seeds"])
    nothing = summary(scores({"dcp": [np.nan, np.nan]})).iloc[0]
    assert np.isnan(nothing["mean"])
    assert nothing["note"] == "no image has a value under every seed"


def test_wilcoxon_is_scipys_on_seed_averages(three):
    found = paired_tests(scores(three), resamples=199)
    expected = stats.wilcoxon(three["sspnet"].mean(axis=0), three["identity"])
    ours = line(found, "sspnet", "identity")
    assert (ours["statistic"], ours["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    assert ours["difference"] == pytest.approx((three["sspnet"].mean(axis=0) - three["identity"]).mean())
    assert line(found, "dcp", "sspnet")["rank_biserial"] < 0
    assert set(found["reference"]) == {"identity", "sspnet"}
    assert not (found["row"] == found["reference"]).any()


def test_holm_is_statsmodels(three):
    from statsmodels.stats.multitest import multipletests

    p = [0.04, 0.001, 0.03, 0.5, 0.03]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    with_hole = holm([0.01, np.nan, 0.03])
    assert with_hole[0] == pytest.approx(0.02)
    assert np.isnan(with_hole[1])
    found = paired_tests(scores(three), ["identity"], resamples=99)
    assert found["p_holm"].tolist() == pytest.approx(multipletests(found["p"], method="holm")[1])


def test_rank_biserial_closed_form():
    assert rank_biserial(np.array([1.0, 2.0, 3.0])) == 1.0
    assert rank_biserial(np.array([-1.0, -2.0])) == -1.0
    # Ranks 1, 2, 3 with signs +, -, +: (1 - 2 + 3)/6.
    assert rank_biserial(np.array([0.1, -0.2, 0.3, 0.0])) == pytest.approx(1 / 3)
    assert np.isnan(rank_biserial(np.zeros(4)))


def test_interval_over_images_is_scipys():
    rng = np.random.default_rng(3)
    difference = rng.exponential(1.0, 60)
    low, high = bca_interval(difference[None], np.zeros((1, 60)))
    expected = stats.bootstrap(
        (difference,), np.mean, n_resamples=9999, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    width = expected.high - expected.low
    assert low == pytest.approx(expected.low, abs=0.04 * width)
    assert high == pytest.approx(expected.high, abs=0.04 * width)


def test_interval_grows_with_the_spread_of_seeds():
    rng = np.random.default_rng(4)
    images = rng.normal(0, 0.1, 60)
    steady = np.stack([images] * 5)
    shaky = steady + np.array([-0.2, -0.1, 0.0, 0.1, 0.2])[:, None]
    none = np.zeros((1, 60))

    def width(values):
        low, high = bca_interval(values, none)
        return high - low

    assert width(steady) == pytest.approx(width(images[None]), rel=1e-9)
    assert width(shaky) > 3 * width(steady)


def test_hierarchical_interval_has_the_spread_of_theory():
    """Variance of the mean: sd_seeds²/S + sd_images²/N (population sds, as the bootstrap sees them)."""
    rng = np.random.default_rng(5)
    seeds, images = rng.normal(0, 0.05, 10), rng.normal(0, 0.1, 60)
    low, high = bca_interval(seeds[:, None] + images, np.zeros((1, 60)))
    expected = 2 * 1.96 * np.sqrt(seeds.var() / 10 + images.var() / 60)
    assert high - low == pytest.approx(expected, rel=0.05)


def test_coverage_is_near_nominal():
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(200):
        low, high = bca_interval(rng.normal(0.3, 1.0, (1, 40)), np.zeros((1, 40)), resamples=999)
        hits += low <= 0.3 <= high
    assert 0.89 <= hits / 200 <= 0.99


def test_the_same_input_gives_the_same_tables(three):
    first, second = (paired_tests(scores(three), resamples=299) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    shuffled = scores(three).sample(frac=1.0, random_state=1)
    third = paired_tests(shuffled, resamples=299).sort_values(["row", "reference"], ignore_index=True)
    pd.testing.assert_frame_equal(
        first.sort_values(["row", "reference"], ignore_index=True).drop(columns="p_holm"),
        third.drop(columns="p_holm"),
    )


def test_degenerate_cases_say_why():
    equal = paired_tests(scores({"identity": np.arange(10.0), "dcp": np.arange(10.0)}), resamples=99).iloc[0]
    assert np.isnan([equal["p"], equal["ci_low"], equal["rank_biserial"]]).all()
    assert equal["difference"] == 0
    assert "all differences are zero" in equal["note"]
    few = paired_tests(scores({"identity": np.arange(5.0), "dcp": np.arange(5.0) ** 2}), resamples=99).iloc[0]
    assert np.isnan(few["p"])
    assert "5 images, fewer than 6" in few["note"]
    assert np.isfinite(few["ci_low"])
    none = paired_tests(scores({"identity": np.full(8, np.nan), "dcp": np.arange(8.0)}), resamples=99).iloc[0]
    assert (none["n"], none["n_nan"]) == (0, 8)
    assert "no image" in none["note"]


def test_missing_reference_gives_no_lines(three):
    assert paired_tests(scores({"dcp": three["dcp"]})).empty


def test_friedman_is_scipys_and_nemenyi_the_published_difference(three):
    tests, ranks, pairs = friedman(scores(three))
    expected = stats.friedmanchisquare(three["identity"], three["dcp"], three["sspnet"].mean(axis=0))
    assert tests.iloc[0]["p"] == pytest.approx(expected.pvalue)
    assert critical_difference(6, 60) == pytest.approx(0.973, abs=5e-4)
    assert ranks.set_index("row")["mean_rank"].idxmin() == "sspnet"
    assert ranks["mean_rank"].sum() == pytest.approx(6.0)
    assert len(pairs) == 3
    far = pairs["rank_difference"].abs() > tests.iloc[0]["critical_difference"]
    assert (far == (pairs["p_nemenyi"] < 0.05)).all()


def test_rank_one_is_best_where_lower_is_better(three):
    _, ranks, _ = friedman(scores(three, "niqe"), {"niqe": "lower"})
    assert ranks.set_index("row")["mean_rank"].idxmax() == "sspnet"


def test_friedman_degenerate_cases_and_variants():
    values = {"identity": np.arange(8.0), "dcp": np.arange(8.0), "msgnet": np.arange(8.0)}
    tests, _, pairs = friedman(scores(values))
    assert "all methods are equal" in tests.iloc[0]["note"]
    assert pairs.empty
    tests, _, _ = friedman(scores(values, variants={"msgnet": "fixed"}))
    assert (tests.iloc[0]["k"], tests.iloc[0]["note"]) == (2, "no test: 2 methods, fewer than 3")
