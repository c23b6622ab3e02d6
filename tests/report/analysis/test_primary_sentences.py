"""Sentences of the primary analysis in cases that differ by one fact."""

from __future__ import annotations

import pytest

from report.analysis.primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from report.analysis.sentences import _describe_gains, _describe_replication

UNTOUCHED = PrimaryRow("identity", "Untouched", "untouched", "", mean=0.5)


def make_row(key, mean, group="baseline", **more):
    gain = Gain(mean, mean - 0.01, mean + 0.02, trainings=1, images=9, clusters=9)
    return PrimaryRow(key, key.upper(), group, "", contender=True, mean=0.5 + mean, gain=gain, **more)


def analyse(*rows, **more):
    facts = {"measure": "dice", "label": "Dice", "trainings": 1, "images": 9, "clusters": 9, **more}
    return PrimaryAnalysis("", rows=(UNTOUCHED, *rows), **facts)


def test_the_largest_gain_is_that_of_the_best_row_with_its_share_of_the_gap():
    rows = [
        make_row("a", 0.02, gap_closed=0.2),
        make_row("b", 0.034, gap_closed=0.34),
        make_row("c", -0.1, gap_closed=-1.0),
    ]
    assert list(_describe_gains(analyse(*rows), rows)) == [
        "Largest gain over the untouched image: B, Dice +0.034 [+0.024, +0.054], 34 % of the gap to the clean image."
    ]


def test_without_a_clean_image_no_share_is_named():
    rows = [make_row("a", 0.02), make_row("b", 0.01)]
    assert list(_describe_gains(analyse(*rows), rows)) == [
        "Largest gain over the untouched image: A, Dice +0.020 [+0.010, +0.040]."
    ]


def test_a_loss_closes_no_gap():
    rows = [make_row("a", -0.05, gap_closed=-0.5), make_row("b", -0.02, gap_closed=-0.2)]
    assert list(_describe_gains(analyse(*rows), rows)) == [
        "None gains over the untouched image; least below it: B, Dice \N{MINUS SIGN}0.020 [\N{MINUS SIGN}0.030, 0.000]."
    ]


@pytest.mark.parametrize(
    ("groups", "tested", "is_said"),
    [
        (["baseline"], False, True),
        (["baseline"], True, False),
        (["oracle"], False, False),
        (["external"], False, False),
        (["oracle", "external"], False, False),
        (["oracle", "external", "baseline"], False, True),
    ],
)
def test_more_trainings_are_asked_for_where_a_row_can_be_trained_again(groups, tested, is_said):
    rows = [make_row(group, 0.1, group) for group in groups]
    found = list(_describe_replication(analyse(*rows, tested=tested)))
    asked = [text for text in found if "no p-values" in text]
    assert len(asked) == is_said
    assert all(text.startswith("One training per method: ") for text in asked)


@pytest.mark.parametrize(
    ("images", "clusters", "sentence"),
    [
        (9, 9, "9 test images, each taken as independent of the others."),
        (9, 8, "9 test images of 8 subjects: images of one subject are not independent."),
        (1, 1, "1 test image, each taken as independent of the others."),
    ],
)
def test_images_of_one_subject_are_told_from_independent_ones(images, clusters, sentence):
    assert list(_describe_replication(analyse(images=images, clusters=clusters))) == [sentence]
