"""Measures without a reference against the truth: one panel per measure, one point per row, the clean image marked."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.axes import Axes

from ..analysis.metric_trust import MetricTrust, assess_metrics
from ..analysis.paper import CLEAN_ROW, ORACLE_GROUP
from ..analysis.results import Results
from .inline_svg import ChartPanel, NumberFigure, name_point
from .palette import ORACLE_COLOUR
from .style import FinishedFigure, make_panels, method_colour

FIGURE_TRUTH = "ssim"  # the measure of the truth on the horizontal axes

TRUST_PANELS_PER_LINE = 4


def plan_metric_trust(results: Results) -> NumberFigure | None:
    """Return the figure; None where no clean image is known."""
    found = assess_metrics(results)
    if not found:
        return None
    return NumberFigure(partial(_draw_figure, results, found), [_plan_page_panel(results, each) for each in found])


def _draw_figure(results: Results, found: list[MetricTrust]) -> FinishedFigure:
    figure, panels = make_panels(len(found), TRUST_PANELS_PER_LINE, 2.1)
    for panel, each in zip(panels, found, strict=True):
        _draw_panel(panel, results, each)
    figure.supxlabel("SSIM to the known clean image", fontsize=8)
    caption = (
        "Measures that know no truth (vertical, turned so that what is read as better is up) against the closeness to "
        "the clean image, a point per row, the clean image a diamond. To be trusted: rising, with the diamond on top."
    )
    words = "; ".join(f"{each.measure.label}: clean image {each.clean_rank} of {each.row_count}" for each in found)
    return FinishedFigure(figure, caption, f"Scatter of quality measures against SSIM. {words}.")


def _plan_page_panel(results: Results, found: MetricTrust) -> ChartPanel:
    title = f"{found.measure.label}: clean image {found.clean_rank} of {found.row_count}"
    description = "A point per row: to the right, closer to the clean image (SSIM); up, read as better."
    return ChartPanel(title, description, lambda axes: _draw_panel(axes, results, found))


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
