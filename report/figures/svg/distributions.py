"""Every test image's value of every main measure, method by method: one strip of dots per row of the tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from sspbench.contract import Measure

from ...analysis.results import MethodRow, Results
from ...tables.render.text import DIRECTION_ARROWS
from ..distributions import average_row_by_image, list_main_measures
from .axis import ChartAxis, format_tick, make_axis
from .elements import draw_line, draw_paths, draw_text, make_svg

STRIP_HEIGHT_PX = 16


@dataclass(frozen=True)
class DotStrip:
    """A row of a panel: its label and its dots."""

    label: str
    plot: Markup


@dataclass(frozen=True)
class DistributionPanel:
    """A measure: its name with an arrow to the better side, a strip per row, the axis, and whether it is folded."""

    title: str
    strips: list[DotStrip]
    axis: Markup
    folded: bool


def make_distribution_panels(results: Results) -> list[DistributionPanel]:
    """Return a panel per scored measure of Tables 1 and 2; Table 2's but Dice are folded; none without results."""
    rows = [row for row in results.rows_in_table("quality") if results.status_text(row) == "done"]
    known = [
        measure
        for measure in list_main_measures(results)
        if any(results.summary(row.id, measure.name).n for row in rows)
    ]
    return [_make_panel(results, rows, measure) for measure in known]


def _make_panel(results: Results, rows: list[MethodRow], measure: Measure) -> DistributionPanel:
    values = {row.label: average_row_by_image(results, row.id, measure).to_numpy(dtype=float) for row in rows}
    axis = make_axis(np.concatenate(list(values.values())))
    ticks = axis.ticks(4)
    strips = [DotStrip(label, _draw_strip(axis, ticks, found)) for label, found in values.items()]
    labels = [draw_text(axis.position(value), 12, format_tick(value), kind="tick") for value in ticks]
    unit = f" ({measure.unit})" if measure.unit else ""
    title = f"{measure.label}{unit} {DIRECTION_ARROWS[measure.better]}".strip()
    folded = measure.table != "quality" and measure.name != "dice"
    return DistributionPanel(title, strips, make_svg(18, labels, kind="axis"), folded)


def _draw_strip(axis: ChartAxis, ticks: list[float], values: np.ndarray) -> Markup:
    grid = [draw_line(axis.position(value), 0, axis.position(value), STRIP_HEIGHT_PX, "grid") for value in ticks]
    if not len(values):
        return make_svg(STRIP_HEIGHT_PX, grid)
    low, middle, high = (axis.position(float(value)) for value in np.quantile(values, [0.25, 0.5, 0.75]))
    dots = "".join(f"M{1000 * axis.position(float(value)):.0f} 500h0" for value in values)
    box = [
        draw_line(low, STRIP_HEIGHT_PX / 2, high, STRIP_HEIGHT_PX / 2, "quartiles"),
        draw_paths([(dots, "dots")], 0, 1, 0, STRIP_HEIGHT_PX),
        draw_line(middle, 1, middle, STRIP_HEIGHT_PX - 1, "median"),
    ]
    return make_svg(STRIP_HEIGHT_PX, [*grid, *box])
