"""What a metric family must not return: a value without a number or a reason, or less than it declares."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from sspbench.contract import Measure, MetricFamily, Scores, ScoringBatch
from sspbench.errors import UserError
from sspbench.stages.score import _score_rows

BATCH = ScoringBatch(np.zeros((2, 4, 4), np.uint8))
NAMES = ["a.png", "b.png"]


class Returned(MetricFamily):
    """Returns the scores that it is given."""

    measures = (Measure("one", "One", "higher"), Measure("two", "Two", "lower"))
    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    def score(self, batch):
        return self.options["scores"]


def list_rows(**scores):
    return list(_score_rows(Returned({"scores": scores}), BATCH, NAMES))


def test_values_and_notes_stay_with_their_image_and_measure():
    one, two = Scores(np.array([1.5, 2.0])), Scores(np.array([np.nan, 0.1]), ("too small", ""))
    assert list_rows(two=two, one=one) == [
        ["a", "one", "1.5", ""],
        ["b", "one", "2.0", ""],
        ["a", "two", "nan", "too small"],
        ["b", "two", "0.1", ""],
    ]


@pytest.mark.parametrize("notes", [(), ("", ""), ("only the other", "")])
def test_an_undefined_value_needs_its_reason(notes):
    two = Scores(np.array([0.1, np.nan]), notes)
    with pytest.raises(UserError, match=r"(?s)two is NaN without a reason.*b\.png"):
        list_rows(one=Scores(np.zeros(2)), two=two)


def test_every_declared_measure_must_be_scored():
    with pytest.raises(UserError, match="declares two but did not score it"):
        list_rows(one=Scores(np.zeros(2)))


def test_a_value_is_missing_for_an_image():
    with pytest.raises(ValueError, match="zip"):
        list_rows(one=Scores(np.zeros(1)), two=Scores(np.zeros(2)))


def test_a_family_whose_needs_are_not_met_scores_nothing():
    class Needy(Returned):
        needs: ClassVar[frozenset[str]] = frozenset({"image", "label"})

    assert list(_score_rows(Needy({"scores": {}}), BATCH, NAMES)) == []
