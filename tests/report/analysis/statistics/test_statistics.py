"""Statistics against closed forms, scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from report.analysis.statistics.crossed_effects import estimate_crossed
from report.analysis.statistics.paired_tests import adjust_holm, compare_with_references
from report.analysis.statistics.summary import compute_mean_ranks, iter_grids, summarise

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


def summary_of(values):
    """The summary of the one row of {method: (seeds, images)}."""
    ((_, rows),) = iter_grids(scores(values))
    (grid,) = rows.values()
    return summarise(grid)


def test_sds_over_images_and_seeds_are_apart():
    values = np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])
    found = summary_of({"sspnet": values})
    assert (found.mean, found.median) == (2.5, 2.5)
    assert found.sd_images == pytest.approx(1.0)
    assert found.sd_seeds == pytest.approx(np.sqrt(0.5))
    assert (found.n, found.seeds, found.missing) == (3, 2, 0)


def test_undefined_values_are_counted_and_left_out():
    found = summary_of({"dcp": [1.0, np.nan, 3.0]})
    assert (found.n, found.missing, found.mean) == (2, 1, 2.0)
    assert np.isnan(found.sd_seeds)
    nothing = summary_of({"dcp": [np.nan, np.nan]})
    assert np.isnan(nothing.mean) and nothing.n == 0


def trained(rng, gain=0.0, trainings=5, images=30, between=0.004, spread=0.02):
    """(trainings, images) values whose trainings differ: base of the images, luck of the training, the rest."""
    base = np.random.default_rng(0).normal(0.6, 0.1, images)
    luck = rng.normal(0, between, (trainings, 1))
    return base + gain + luck + rng.normal(0, spread, (trainings, images))


def test_every_number_of_a_comparison_is_the_crossed_one_of_the_differences():
    rng = np.random.default_rng(1)
    values = {"identity": trained(rng), "dcp": trained(rng, 0.05), "sspnet": trained(rng, -0.002)}
    found = compare_with_references(scores(values), ["identity"], {"dice": "higher"})
    wanted = {row: estimate_crossed(values[row] - values["identity"]) for row in ("dcp", "sspnet")}
    for row, alone in wanted.items():
        ours = line(found, row, "identity")
        numbers = (ours["difference"], ours["ci_low"], ours["ci_high"], ours["p"])
        assert numbers == pytest.approx((alone.difference, alone.low, alone.high, alone.p))
        assert (ours["trainings"], ours["n"], ours["clusters"]) == (5, 30, 30)
    assert found["p_holm"].tolist() == pytest.approx(adjust_holm([wanted["dcp"].p, wanted["sspnet"].p]))
    assert line(found, "dcp", "identity")["verdict"] == "better"
    assert line(found, "sspnet", "identity")["verdict"] == "no difference shown"


@pytest.mark.parametrize(("better", "said"), [("higher", "better"), ("lower", "worse"), ("none", "")])
def test_a_verdict_speaks_in_the_direction_of_the_measure(better, said):
    rng = np.random.default_rng(2)
    values = {"identity": trained(rng), "dcp": trained(rng, 0.1)}
    found = compare_with_references(scores(values), ["identity"], {"dice": better})
    assert found.iloc[0]["verdict"] == said


@pytest.mark.parametrize("trainings", [1, 2, 4])
def test_few_trainings_give_an_interval_but_no_p_and_no_verdict(trainings):
    rng = np.random.default_rng(3)
    values = {"identity": trained(rng, trainings=trainings), "dcp": trained(rng, 0.1, trainings)}
    found = compare_with_references(scores(values), ["identity"], {"dice": "higher"}).iloc[0]
    assert np.isnan([found["p"], found["p_holm"]]).all()
    assert found["verdict"] == ""
    assert found["ci_low"] < found["difference"] < found["ci_high"]


def test_no_two_rows_are_compared_twice():
    rng = np.random.default_rng(4)
    values = {"identity": trained(rng), "brightness": trained(rng, 0.01), "sspnet": trained(rng, 0.02)}
    found = compare_with_references(scores(values), ["identity", "brightness"], {"dice": "higher"})
    pairs = [frozenset(pair) for pair in found[["row", "reference"]].itertuples(index=False)]
    assert len(pairs) == len(set(pairs)) == 3


def test_rows_are_paired_by_seed_and_only_common_seeds_count():
    rng = np.random.default_rng(5)
    reference, row = trained(rng, trainings=6), trained(rng, 0.1, trainings=6)
    lines = scores({"identity": reference, "dcp": row})
    kept = lines[(lines["method"] == "identity") | (lines["seed"] != 2)]
    found = compare_with_references(kept, ["identity"], {"dice": "higher"}).iloc[0]
    others = [0, 1, 3, 4, 5]
    assert found["p"] == pytest.approx(estimate_crossed(row[others] - reference[others]).p)
    assert found["trainings"] == 5


def test_images_of_one_subject_count_once():
    rng = np.random.default_rng(6)
    values = {"identity": trained(rng, images=12), "dcp": trained(rng, 0.02, images=12)}
    subjects = {f"{image:03d}.png": f"eye {image // 3}" for image in range(12)}
    found = compare_with_references(scores(values), ["identity"], {"dice": "higher"}, subjects).iloc[0]
    assert (found["n"], found["clusters"]) == (12, 4)
    alone = estimate_crossed(values["dcp"] - values["identity"], [f"{image // 3}" for image in range(12)])
    assert (found["ci_low"], found["p"]) == pytest.approx((alone.low, alone.p))


def test_holm_is_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = [0.04, 0.001, 0.03, 0.5, 0.03]
    assert adjust_holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    with_hole = adjust_holm([0.01, np.nan, 0.03])
    assert with_hole[0] == pytest.approx(0.02)
    assert np.isnan(with_hole[1])


def test_the_same_input_gives_the_same_tables(three):
    first, second = (compare_with_references(scores(three), ["identity"], {"dice": "higher"}) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    shuffled = scores(three).sample(frac=1.0, random_state=1)
    third = compare_with_references(shuffled, ["identity"], {"dice": "higher"})
    pd.testing.assert_frame_equal(*(part.sort_values("row", ignore_index=True) for part in (first, third)))


def test_degenerate_cases_say_why():
    one = compare_with_references(scores({"identity": [0.5], "dcp": [0.6]}), ["identity"], {"dice": "higher"}).iloc[0]
    assert np.isnan([one["p"], one["ci_low"]]).all()
    assert one["difference"] == pytest.approx(0.1)
    assert "one image" in one["note"]
    nothing = compare_with_references(scores({"identity": np.full(8, np.nan), "dcp": np.arange(8.0)}), ["identity"], {})
    assert nothing.empty


def test_missing_reference_gives_no_lines(three):
    assert compare_with_references(scores({"dcp": three["dcp"]}), ["identity"], {}).empty


def test_mean_ranks_are_those_of_scipy_and_rank_one_is_best(three):
    found = compute_mean_ranks(scores(three), {"dice": "higher"}).set_index("row")["mean_rank"]
    table = np.array([three["identity"], three["dcp"], three["sspnet"].mean(axis=0)])
    assert found[["identity", "dcp", "sspnet"]].tolist() == pytest.approx(stats.rankdata(-table, axis=0).mean(axis=1))
    known = compute_mean_ranks(scores(three), {"dice": "higher"})[["dataset", "preset", "metric", "k", "n"]]
    assert set(known.itertuples(index=False, name=None)) == {("cornsim", "demo", "dice", 3, table.shape[1])}
    lower = compute_mean_ranks(scores(three, "niqe"), {"niqe": "lower"}).set_index("row")["mean_rank"]
    assert lower.idxmax() == "sspnet"
    assert compute_mean_ranks(scores(three, "entropy"), {"niqe": "lower"}).empty
