"""Two grids of images and seeds, paired by hand: what both have counts, and nothing else."""

from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest

from report.analysis.statistics.crossed_effects import CrossedEstimate, estimate_crossed
from report.analysis.statistics.paired_tests import (
    adjust_holm,
    compare_claimed_pairs,
    compare_grids,
    decide_verdict,
    describe_replication,
    without_p_value,
)

NAN = np.nan
ROW = pd.DataFrame([[9.0, 9.0], [5.0, 3.0], [NAN, 4.0], [7.0, 8.0]], index=["c", "a", "b", "e"], columns=[1, 0])
REFERENCE = pd.DataFrame(
    [[1.0, 2.0, 100.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [5.0, 6.0, 100.0]],
    index=["a", "b", "d", "e"],
    columns=[0, 1, 2],
)
DIFFERENCES = np.array([[3.0 - 1.0, 8.0 - 5.0], [5.0 - 2.0, 7.0 - 6.0]])  # seeds 0 and 1 by images a and e


def test_images_and_seeds_are_paired_by_name_and_gaps_are_left_out():
    found, left_out = compare_grids(ROW, REFERENCE)
    assert astuple(found) == astuple(estimate_crossed(DIFFERENCES))
    assert (found.difference, found.images, found.trainings, found.clusters, left_out) == (2.25, 2, 2, 2, 3)
    back, _ = compare_grids(REFERENCE, ROW)
    assert back.difference == -2.25


def test_grids_of_the_same_images_in_another_order_are_equal():
    found, left_out = compare_grids(REFERENCE, REFERENCE.iloc[[2, 0, 3, 1], [1, 2, 0]])
    assert (found.difference, found.images, found.trainings, left_out) == (0.0, 4, 3, 0)


def test_images_of_one_subject_are_one_group():
    found, _ = compare_grids(ROW, REFERENCE, {"a": "one", "e": "one", "b": "two"})
    assert (found.images, found.clusters, np.isnan(found.low)) == (2, 1, True)
    found, _ = compare_grids(ROW.loc[["a", "e"]], REFERENCE, {"a": "one"})
    assert (found.images, found.clusters) == (2, 2)


@pytest.mark.parametrize(
    ("row", "count"),
    [(ROW.set_axis([7, 8], axis=1), 5), (ROW.loc[["c"]], 5), (ROW.loc[["b", "c"]].set_axis([2, 3], axis=1) * NAN, 5)],
)
def test_where_nothing_is_common_there_is_no_comparison(row, count):
    assert compare_grids(row, REFERENCE) == (None, count)


@pytest.mark.parametrize(
    ("p", "said"), [(0.0499, "better"), (0.05, "no difference shown"), (0.052, "no difference shown"), (NAN, "")]
)
def test_a_verdict_needs_a_p_value_below_five_percent(p, said):
    assert decide_verdict(0.1, p, "higher") == said
    assert decide_verdict(-0.1, p, "lower") == said
    assert decide_verdict(-0.1, p, "higher") == said.replace("better", "worse")


def test_holm_never_falls_and_stops_at_one():
    found = adjust_holm([0.3, 0.01, NAN, 0.02, 0.6, 0.03])
    assert found == pytest.approx([0.6, 0.05, NAN, 0.08, 0.6, 0.09], nan_ok=True)
    assert adjust_holm([0.7, 0.4]) == [0.8, 0.8] and adjust_holm([0.9, 0.8]) == [1.0, 1.0]


def test_claimed_pairs_with_a_row_that_has_no_scores_are_passed_over():
    lines = [
        ("made", "demo", "dice", method, None, seed, image, value)
        for method, grid in (("dcp", ROW), ("identity", REFERENCE))
        for (image, seed), value in grid.stack().items()
    ]
    columns = ["dataset", "preset", "metric", "method", "variant", "seed", "image", "value"]
    pairs = [("gone", "identity"), ("dcp", "identity"), ("dcp", "gone")]
    found = compare_claimed_pairs(pd.DataFrame(lines, columns=columns), pairs, {"dice": "higher"})
    (line,) = found.to_dict("records")
    known = {
        "dataset": "made", "preset": "demo", "metric": "dice", "row": "dcp", "reference": "identity", "trainings": 2,
        "n": 2, "n_nan": 3, "clusters": 2, "difference": 2.25, "verdict": "",
    }  # fmt: skip
    assert {name: line[name] for name in known} == known
    wanted = estimate_crossed(DIFFERENCES)
    assert (line["ci_low"], line["ci_high"], line["note"]) == (wanted.low, wanted.high, wanted.note)


@pytest.mark.parametrize(
    ("trainings", "start"),
    [
        (1, "No p-value: one training per method."),
        (2, "No p-value: 2 trainings per method are fewer than 5."),
        (4, "No p-value: 4 trainings per method are fewer than 5."),
        (5, "p: of 5 trainings, corrected by Holm"),
    ],
)
def test_a_note_says_what_the_p_values_are_over(trainings, start):
    assert describe_replication(trainings).startswith(start)


@pytest.mark.parametrize(("trainings", "over"), [(1, "over images"), (3, "over segmenters and images")])
def test_a_row_made_once_counts_as_one_training_without_a_p_value(trainings, over):
    known = CrossedEstimate(0.3, 0.1, 0.5, 0.01, trainings, 7, 6, "why")
    found = without_p_value(known)
    assert np.isnan(found.p) and found.note == f"{over}: for these enhanced images only"
    assert (found.difference, found.low, found.high, found.trainings) == (0.3, 0.1, 0.5, 1)
    assert (found.images, found.clusters) == (7, 6)
    assert without_p_value(replace(known, low=NAN)).note == "why"
