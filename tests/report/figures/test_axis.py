"""The round values beside an axis."""

import pytest

from report.figures.svg_elements import ChartAxis


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.8, 6.0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        (-0.13, 0.07, [-0.1, -0.05, 0.0, 0.05]),
        (4.0, 4000.0, [1000.0, 2000.0, 3000.0, 4000.0]),
    ],
)
def test_ticks_are_round_and_inside(low, high, ticks):
    assert ChartAxis(low, high).ticks(6) == pytest.approx(ticks)


def test_a_value_lies_at_its_share_of_the_axis():
    axis = ChartAxis(-1.0, 3.0)
    assert [axis.position(value) for value in (-1.0, 0.0, 3.0)] == [0.0, 0.25, 1.0]
