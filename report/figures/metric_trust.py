"""Measures without a reference against the truth: one panel per measure, one point per row, the clean image marked."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.metric_trust import MetricTrust, assess_metrics
from ..analysis.paper import CLEAN_ROW, ORACLE_GROUP
from ..analysis.results import Results
from .inline_svg import ChartPanel, name_point, render_panel
from .palette import ORACLE_COLOUR
from .style import FULL_WIDTH_INCHES, FinishedFigure, method_colour

FIGURE_TRUTH = "ssim"  # the measure of the truth on the horizontal axes

TRUST_PANELS_PER_LINE = 4


def draw_metric_trust(results: Results) -> FinishedFigure | None:
    """Return the figure; None where no clean image is known."""
    found = assess_metrics(results)
    if not found:
        return None
    lines = -(-len(found) // TRUST_PANELS_PER_LINE)
    figure = Figure((FULL_WIDTH_INCHES, 2.1 * lines), layout="constrained")
    panels = figure.subplots(lines, TRUST_PANELS_PER_LINE, squeeze=False).ravel()
    for panel, each in zip(panels, found, strict=False):
        _draw_panel(panel, results, each)
    for panel in panels[len(found) :]:
        panel.set_visible(False)
    figure.supxlabel("SSIM to the known clean image", fontsize=8)
    caption = (
        "Measures that know no truth (vertical, turned so that what is read as better is up) against the closeness to "
        "the clean image, a point per row, the clean image a diamond. To be trusted: rising, with the diamond on top."
    )
    words = "; ".join(f"{each.measure.label}: clean image {each.clean_rank} of {each.row_count}" for each in found)
    return FinishedFigure(figure, caption, f"Scatter of quality measures against SSIM. {words}.")


def make_trust_panels(results: Results) -> list[ChartPanel]:
    """Return the figure's panels for the page; none where no clean image is known."""
    return [_make_page_panel(results, found) for found in assess_metrics(results)]


def _make_page_panel(results: Results, found: MetricTrust) -> ChartPanel:
    title = f"{found.measure.label}: clean image {found.clean_rank} of {found.row_count}"
    description = "A point per row: to the right, closer to the clean image (SSIM); up, read as better."
    return ChartPanel(title, render_panel(title, description, lambda axes: _draw_panel(axes, results, found)))


def _draw_panel(axes: Axes, results: Results, found: MetricTrust) -> None:
    for row in results.rows:
        if results.status_text(row) != "done":
            continue
        value, truth = (results.summary(row.id, name).mean for name in (found.measure.name, FIGURE_TRUTH))
        if row.id == CLEAN_ROW:
            axes.plot(1.0, value, "D", color=method_colour(2), markersize=5, zorder=3, gid=name_point(row.label))
        elif np.isfinite([value, truth]).all():
            colour = ORACLE_COLOUR if row.group == ORACLE_GROUP else method_colour(0)
            axes.plot(truth, value, "o", color=colour, markersize=3, gid=name_point(row.label))
    if found.sign < 0:
        axes.invert_yaxis()
    axes.set_title(f"{found.measure.label}: {found.clean_rank} of {found.row_count}")
    axes.tick_params(labelsize=6)
