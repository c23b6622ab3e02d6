"""Measures without a reference against the truth: one panel per measure, one point per row, the clean image marked."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..makers.trust import Trust, trusted
from ..results import Results
from ..subject import CLEAN, ORACLE
from .style import FULL_WIDTH, Drawn, colour

TRUTH = "ssim"
"""The measure of the truth on the horizontal axes."""

COLUMNS = 4


def trust(results: Results) -> Drawn | None:
    """Return the figure; None where no clean image is known."""
    found = trusted(results)
    if not found:
        return None
    lines = -(-len(found) // COLUMNS)
    figure = Figure((FULL_WIDTH, 2.1 * lines), layout="constrained")
    panels = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for panel, each in zip(panels, found, strict=False):
        _panel(panel, results, each)
    for panel in panels[len(found) :]:
        panel.set_visible(False)
    figure.supxlabel("SSIM to the known clean image", fontsize=8)
    caption = (
        "Measures that know no truth (vertical, turned so that what is read as better is up) against the closeness to "
        "the clean image, a point per row, the clean image a diamond. To be trusted: rising, with the diamond on top."
    )
    words = "; ".join(f"{each.measure.label}: clean image {each.place} of {each.rows}" for each in found)
    return Drawn(figure, caption, f"Scatter of quality measures against SSIM. {words}.")


def _panel(axes: Axes, results: Results, found: Trust) -> None:
    for row in results.rows:
        if results.ended(row) != "done":
            continue
        value, truth = (results.summary(row.id, name).mean for name in (found.measure.name, TRUTH))
        if row.id == CLEAN:
            axes.plot(1.0, value, "D", color=colour(2), markersize=5, zorder=3)
        elif np.isfinite([value, truth]).all():
            axes.plot(truth, value, "o", color="#888888" if row.group == ORACLE else colour(0), markersize=3)
    if found.sign < 0:
        axes.invert_yaxis()
    axes.set_title(f"{found.measure.label}: {found.place} of {found.rows}")
    axes.tick_params(labelsize=6)
