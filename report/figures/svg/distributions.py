"""Every test image's value of every main measure, method by method: one strip of dots per row of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from ...analysis.distributions import MeasureDistribution
from ...tables.render.text import DIRECTION_ARROWS
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


def make_distribution_panels(measures: Sequence[MeasureDistribution]) -> list[DistributionPanel]:
    """Return a panel per measure."""
    return [_make_panel(measure) for measure in measures]


def _make_panel(measure: MeasureDistribution) -> DistributionPanel:
    values = {row.label: np.array(row.values, dtype=float) for row in measure.rows}
    axis = make_axis(np.concatenate(list(values.values())))
    ticks = axis.ticks(4)
    strips = [DotStrip(label, _draw_strip(axis, ticks, found)) for label, found in values.items()]
    labels = [draw_text(axis.position(value), 12, format_tick(value), kind="tick") for value in ticks]
    unit = f" ({measure.unit})" if measure.unit else ""
    title = f"{measure.label}{unit} {DIRECTION_ARROWS[measure.better]}".strip()
    return DistributionPanel(title, strips, make_svg(18, labels, kind="axis"), measure.folded)


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
