"""What the scores of rows depend on: equal digests may stand in one table, others are named with the part."""

import pytest

from sspbench.errors import UserError
from sspbench.releases.digests import describe_row, find_differing_parts, find_shared_digest

JOBS = {
    "segment": {"segmenter": {"recipe": "cs", "weights": "w0"}},
    "score": {"data": "images", "metric_code": {"masks": "m1", "niqe": "n1"}},
}


def changed(stage, **facts):
    return {**JOBS, stage: {**JOBS[stage], **facts}}


@pytest.mark.parametrize(
    ("jobs", "preset", "label"),
    [
        (changed("score", data="others"), "demo", "images"),
        (JOBS, "paper", "preset"),
        (changed("segment", segmenter={"recipe": "w-net", "weights": "w0"}), "demo", "segmenter"),
        (changed("score", metric_code={"masks": "m1", "niqe": "n2"}), "demo", "metric niqe"),
        (changed("segment", segmenter={"recipe": "cs", "weights": "w9"}), "demo", "segmenter weights of seed 0"),
    ],
)
def test_the_part_that_differs_is_named(jobs, preset, label):
    found = find_differing_parts(describe_row("demo", {0: JOBS}), describe_row(preset, {0: jobs}))
    assert [part.label for part in found] == [label]


def test_what_one_side_did_not_record_differs_in_nothing():
    older = {"segment": {}, "score": {"metric_code": {"masks": "m1"}}}
    assert find_differing_parts(describe_row("demo", {0: JOBS}), describe_row("demo", {0: older})) == []


def test_the_text_depends_on_everything_but_the_weights():
    text = describe_row("demo", {0: JOBS}).text
    assert describe_row("demo", {0: changed("segment", segmenter={"recipe": "cs", "weights": "w9"})}).text == text
    others = [
        describe_row("paper", {0: JOBS}),
        describe_row("demo", {0: changed("score", data="others")}),
        describe_row("demo", {0: changed("score", metric_code={"masks": "m2"})}),
        describe_row("demo", {0: changed("segment", segmenter={"recipe": "w-net"})}),
    ]
    assert len({text, *(one.text for one in others)}) == 5


def test_rows_of_one_result_share_one_digest_and_seeds_have_their_own_weights():
    other_seed = changed("segment", segmenter={"recipe": "cs", "weights": "w1"})
    runs = {("a", 0): JOBS, ("a", 1): other_seed, ("b", 0): JOBS, ("b", 1): other_seed, ("failed", 0): {}}
    assert find_shared_digest("demo", runs, "results").text == describe_row("demo", {0: JOBS}).text


@pytest.mark.parametrize(
    ("jobs", "told"),
    [
        (changed("score", metric_code={"masks": "old", "niqe": "n1"}), "metric masks"),
        (changed("segment", segmenter={"recipe": "cs", "weights": "w9"}), "segmenter weights of seed 0"),
    ],
)
def test_a_row_that_was_scored_otherwise_must_not_stand_beside_the_others(jobs, told):
    with pytest.raises(UserError, match=r"results\b") as caught:
        find_shared_digest("demo", {("a", 0): JOBS, ("b", 0): jobs}, "results")
    assert told in str(caught.value) and "b, seed 0" in str(caught.value)
