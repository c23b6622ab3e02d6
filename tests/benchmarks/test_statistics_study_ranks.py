"""Rank intervals and ties hold what they promise, in tables of methods whose true order is known."""

from __future__ import annotations

import pytest

from benchmarks.statistics_study.ranks import simulate_ranks
from report.analysis.statistics.crossed_effects import EffectSpreads

EVEN = EffectSpreads(1.0, 1.0, 1.0)
OF_TRAININGS = EffectSpreads(1.0, 0.0, 0.1)
OF_IMAGES = EffectSpreads(0.1, 1.0, 0.5)
DRAWS = 120

ALLOWED_SHARE = 0.10
"""5 %, and what 120 draws leave uncertain: more than 12 of them have a chance below 1 % then."""


@pytest.mark.parametrize(
    ("means", "spreads"),
    [
        ([0] * 5, [EVEN] * 5),
        ([0] * 5, [OF_TRAININGS] * 5),
        ([0, 0, 3, 3, 9], [OF_IMAGES, EVEN, OF_IMAGES, OF_TRAININGS, EVEN]),
    ],
)
def test_intervals_hold_the_true_ranks_and_equal_methods_stay_together(means, spreads):
    found = simulate_ranks(means, spreads, trainings=5, images=12, draws=DRAWS)
    assert found.coverage >= 0.93
    assert found.parts_equal <= ALLOWED_SHARE and found.loses_best <= ALLOWED_SHARE


def test_clear_levels_are_told_apart():
    quiet = EffectSpreads(0.1, 0.1, 0.1)
    found = simulate_ranks([0, 5, 10], [quiet] * 3, trainings=5, images=12, draws=20)
    assert (found.coverage, found.worst_coverage, found.width) == (1.0, 1.0, 1.0)
    assert (found.parts_equal, found.loses_best) == (0.0, 0.0)
