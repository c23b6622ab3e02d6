"""Every test image's value of every main measure, method by method: one strip of dots per row of the tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from sspbench.contract import Measure

from ..drawing.distributions import main_measures, values_of
from ..rendering.text import ARROWS
from ..results import MethodRow, Results
from .axis import Axis, axis_over, tick_text
from .svg import curves, line, picture, text

HEIGHT = 16


@dataclass(frozen=True)
class Strip:
    """A row of a panel: its label and its dots."""

    label: str
    plot: Markup


@dataclass(frozen=True)
class Panel:
    """A measure: its name with an arrow to the better side, a strip per row, the axis, and whether it is folded."""

    title: str
    strips: list[Strip]
    axis: Markup
    folded: bool


def distributions(results: Results) -> list[Panel]:
    """Return a panel per scored measure of Tables 1 and 2; Table 2's but Dice are folded; none without results."""
    rows = [row for row in results.rows_of("quality") if results.ended(row) == "done"]
    known = [
        measure for measure in main_measures(results) if any(results.summary(row.id, measure.name).n for row in rows)
    ]
    return [_panel(results, rows, measure) for measure in known]


def _panel(results: Results, rows: list[MethodRow], measure: Measure) -> Panel:
    values = {row.label: values_of(results, row.id, measure).to_numpy(dtype=float) for row in rows}
    axis = axis_over(np.concatenate(list(values.values())))
    ticks = axis.ticks(4)
    strips = [Strip(label, _strip(axis, ticks, found)) for label, found in values.items()]
    labels = [text(axis.share(value), 12, tick_text(value), kind="tick") for value in ticks]
    unit = f" ({measure.unit})" if measure.unit else ""
    title = f"{measure.label}{unit} {ARROWS[measure.better]}".strip()
    folded = measure.table != "quality" and measure.name != "dice"
    return Panel(title, strips, picture(18, labels, kind="axis"), folded)


def _strip(axis: Axis, ticks: list[float], values: np.ndarray) -> Markup:
    grid = [line(axis.share(value), 0, axis.share(value), HEIGHT, "grid") for value in ticks]
    if not len(values):
        return picture(HEIGHT, grid)
    low, middle, high = (axis.share(float(value)) for value in np.quantile(values, [0.25, 0.5, 0.75]))
    dots = "".join(f"M{1000 * axis.share(float(value)):.0f} 500h0" for value in values)
    box = [
        line(low, HEIGHT / 2, high, HEIGHT / 2, "quartiles"),
        curves([(dots, "dots")], 0, 1, 0, HEIGHT),
        line(middle, 1, middle, HEIGHT - 1, "median"),
    ]
    return picture(HEIGHT, [*grid, *box])
