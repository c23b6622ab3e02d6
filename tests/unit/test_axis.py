"""The round values beside an axis."""

import itertools
import math

import pytest

from report.figures.svg.axis import ChartAxis


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.8, 6.0, [1.0, 2.0, 5.0]),
        (0.04, 40.0, [0.1, 0.3, 1.0, 3.0, 10.0, 30.0]),
        (0.004, 4000.0, [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]),
    ],
)
def test_a_logarithmic_axis_has_the_densest_usual_series_that_fits(low, high, ticks):
    assert ChartAxis(low, high, "log").ticks(6) == pytest.approx(ticks)


@pytest.mark.parametrize("decades", [0.7, 1.3, 2.0, 3.1, 5.0, 9.0])
@pytest.mark.parametrize("start", [0.003, 0.7, 25.0])
def test_logarithmic_ticks_look_even(start, decades):
    ticks = ChartAxis(start, start * 10**decades, "log").ticks(6)
    gaps = [math.log10(high / low) for low, high in itertools.pairwise(ticks)]
    assert len(ticks) <= 6
    assert not gaps or max(gaps) < 1.5 * min(gaps)
