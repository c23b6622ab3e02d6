"""The numbers beside the losses: round ones, for losses below one too."""

import pytest
from matplotlib.figure import Figure

from report.figures.training_curves import LossLog, _draw_panel


@pytest.mark.parametrize(
    ("losses", "shown"),
    [((0.3, -0.01, 0.002), ["0", "0.1", "0.2", "0.3"]), ((300.0, 20.0, 5.0), ["10", "100"])],
)
def test_ticks_are_round_numbers(losses, shown):
    axes = Figure().subplots()
    _draw_panel(axes, LossLog("Zero-DCE", "done", [[(step, {"total": loss}) for step, loss in enumerate(losses)]]))
    low, high = axes.get_ylim()
    ticks = axes.yaxis.get_major_locator()()
    assert [f"{tick:g}" for tick in ticks if low <= tick <= high] == shown
