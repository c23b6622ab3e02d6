"""What the scores of rows depend on: equal digests may stand in one table, others are named with the part."""

import pytest

from sspbench.errors import UserError
from sspbench.releases.digests import (
    RowDigest,
    describe_row,
    find_differing_parts,
    find_shared_digest,
)

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


def test_a_difference_names_each_row_with_its_own_value_and_says_what_to_do():
    other = changed("score", metric_code={"masks": "0123456789abcdefg", "niqe": "n1"})
    with pytest.raises(UserError) as caught:
        find_shared_digest("demo", {("a", 0): JOBS, ("b", 0): other}, "results")
    assert "why: a, seed 0: m1; b, seed 0: 0123456789abcdef\n" in str(caught.value)
    assert "hint: run the workflow again" in str(caught.value)


def test_weights_are_compared_within_a_seed_also_where_rows_have_several():
    second = changed("segment", segmenter={"recipe": "cs", "weights": "w1"})
    odd = changed("segment", segmenter={"recipe": "cs", "weights": "w9"})
    with pytest.raises(UserError, match="segmenter weights of seed 0"):
        find_shared_digest("demo", {("a", 0): JOBS, ("a", 1): second, ("b", 0): odd, ("b", 1): second}, "results")


def test_rows_without_masks_are_compared_by_their_images():
    runs = {("a", 0): {"score": {"data": "images"}}, ("b", 0): {"score": {"data": "others"}}}
    with pytest.raises(UserError, match="Another images"):
        find_shared_digest("demo", runs, "results")


def test_the_shared_digest_of_one_row_and_of_none():
    expected = RowDigest("images", "demo", "cs", {"masks": "m1", "niqe": "n1"}, weights={})
    assert find_shared_digest("demo", {("a", 0): JOBS}, "results") == expected
    assert find_shared_digest("demo", {("failed", 0): {}}, "results") == RowDigest(preset="demo")


def test_people_see_16_digits():
    """The hash by another way: ``printf '["images", "demo", "cs", {"masks": "m1"}]' | sha256sum``."""
    assert RowDigest("images", "demo", "cs", {"masks": "m1"}).text == "aed8e02ddb9546b2"


def test_lines_name_the_metrics_in_order():
    digest = RowDigest("i", "demo", "cs", {"niqe": "n1", "masks": "m1"})
    assert list(digest.name_parts().items()) == [
        ("images", "i"), ("preset", "demo"), ("segmenter", "cs"), ("metric masks", "m1"), ("metric niqe", "n1"),
    ]  # fmt: skip
