"""Plugins are checked in every mode that they declare: what works on grey images only is found."""

import pytest

from tests.written_plugins import faults_of, refused, written

GREY_CLASSICAL = {"return images **": "images = images.mean(axis=1, keepdims=True)\n        return images **"}
GREY_LEARNED = {"nn.Conv2d(channels, width, 3, padding=1)": "nn.Conv2d(1, width, 3, padding=1)"}
GREY_SEGMENTER = {"nn.Conv2d(self.channels, width": "nn.Conv2d(1, width"}
COLOUR_ALONE = {"return images **": "assert images.shape[1] == 3\n        return images **"}


@pytest.mark.parametrize(
    ("kind", "template", "changes", "rule"),
    [
        ("method", "classical", GREY_CLASSICAL, "odd size 97 x 61, in colour"),
        ("method", "learned", GREY_LEARNED, "builds and trains, in colour"),
        ("segmenter", "segmenter", GREY_SEGMENTER, "builds and trains, in colour"),
    ],
)
def test_a_plugin_that_declares_colour_and_takes_grey_alone_is_refused(checkout, kind, template, changes, rule):
    written(checkout, kind, "greyish", changes, template)
    refused(checkout, kind, "greyish", rule)


def test_the_same_plugin_is_accepted_where_it_declares_grey(checkout):
    written(checkout, "method", "greyish", {**GREY_LEARNED, "color: [grey, rgb]": "color: [grey]"}, "learned")
    assert faults_of(checkout, "method", "greyish") == {}


def test_a_method_for_colour_alone_is_checked_in_colour_alone(checkout):
    written(checkout, "method", "colourful", {**COLOUR_ALONE, "color: [grey, rgb]": "color: [rgb]"}, "classical")
    assert faults_of(checkout, "method", "colourful") == {}
