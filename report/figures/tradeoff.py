"""Quality against Dice against seconds: what a method gives and what it takes, with the Pareto-optimal ones marked."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from ..analysis.results import Results
from ..analysis.tradeoff import TradeoffPoint, collect_tradeoff_data, list_untimed_rows
from .style import FULL_WIDTH_INCHES, PLAIN_NUMBER_FORMAT, FinishedFigure, method_colour, method_marker


def draw_tradeoff(results: Results) -> FinishedFigure | None:
    """Return the figure, or None where there is nothing to show."""
    found = collect_tradeoff_data(results)
    if found is None:
        return None
    quality, mask, points, front = found.quality, found.mask, found.points, found.pareto_front
    figure = Figure((FULL_WIDTH_INCHES, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for point in points:
        _draw_point(left, point, point.quality, point in front)
        _draw_point(right, point, point.seconds, point in front)
    left.set_xlabel(f"{quality.label} ({quality.better} is better)")
    left.set_ylabel(f"{mask.label} ({mask.better} is better)")
    right.set_xlabel("seconds per image (lower is better)")
    right.set_xscale("log")
    right.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    right.xaxis.set_major_formatter(PLAIN_NUMBER_FORMAT)
    right.xaxis.set_minor_locator(NullLocator())
    failed = [row.label for row in results.rows if not row.is_ablation and results.status_text(row) != "done"]
    unknown = list_untimed_rows(results)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    names = ", ".join(point.label for point in front)
    caption = (
        f"{quality.label}, {mask.label} and enhancing time, means over test images; of the trivial methods the best. "
        f"Ringed methods are Pareto-optimal in the three: {names}."
        + (f" Not shown, since the time is not known: {', '.join(unknown)}." if unknown else "")
        + (f" No result: {', '.join(failed)}." if failed else "")
    )
    return FinishedFigure(figure, caption, f"Scatter plots of {len(points)} methods. Pareto-optimal: {names}.")


def _draw_point(axes: Axes, point: TradeoffPoint, x: float, front: bool) -> None:
    looks: dict[str, Any] = {
        "color": method_colour(point.index),
        "marker": method_marker(point.index),
        "linestyle": "none",
        "markersize": 6,
    }
    axes.plot([x], [point.mask], label=point.label, **looks)
    if front:
        ring: dict[str, Any] = {
            "marker": "o",
            "markersize": 12,
            "markerfacecolor": "none",
            "markeredgecolor": "#444444",
        }
        axes.plot([x], [point.mask], linestyle="none", markeredgewidth=0.8, **ring)
