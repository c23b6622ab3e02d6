"""Quality against Dice against seconds: what a method gains and what it costs, with the Pareto-optimal ones marked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from ..analysis.results import Results
from ..analysis.tradeoff import TradeoffData, TradeoffPoint, collect_tradeoff_data, list_untimed_rows
from .inline_svg import ChartPanel, name_point, render_panel
from .palette import RING_COLOUR
from .style import FULL_WIDTH_INCHES, PLAIN_NUMBER_FORMAT, FinishedFigure, method_colour, method_marker

TRADEOFF_PANEL_INCHES = (3.8, 3.3)


def draw_tradeoff(results: Results) -> FinishedFigure | None:
    """Return the figure, or None with nothing to show."""
    found = collect_tradeoff_data(results)
    if found is None:
        return None
    quality, mask, points, front = found.quality, found.mask, found.points, found.pareto_front
    figure = Figure((FULL_WIDTH_INCHES, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_quality_panel(left, found)
    left.set_ylabel(f"{mask.label} ({mask.better} is better)")
    _draw_time_panel(right, found)
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


def make_tradeoff_panels(results: Results) -> list[ChartPanel]:
    """Return the figure's two panels for the page; none with nothing to show."""
    found = collect_tradeoff_data(results)
    if found is None:
        return []
    mask, quality = found.mask.label, found.quality.label
    by_quality = [f"{point.label}: {point.quality:.3g}, {point.mask:.3g}" for point in found.points]
    by_time = [f"{point.label}: {point.seconds:.3g} s, {point.mask:.3g}" for point in found.points]
    return [
        _make_page_panel(f"{mask} against {quality}", by_quality, partial(_draw_quality_panel, found=found)),
        _make_page_panel(f"{mask} against time", by_time, partial(_draw_time_panel, found=found)),
    ]


def _make_page_panel(title: str, values: list[str], draw: Callable[[Axes], None]) -> ChartPanel:
    def draw_with_legend(axes: Axes) -> None:
        draw(axes)
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)

    return ChartPanel(title, render_panel(title, "; ".join(values) + ".", draw_with_legend, TRADEOFF_PANEL_INCHES))


def _draw_quality_panel(axes: Axes, found: TradeoffData) -> None:
    for point in found.points:
        _draw_point(axes, point, point.quality, point in found.pareto_front)
    axes.set_xlabel(f"{found.quality.label} ({found.quality.better} is better)")


def _draw_time_panel(axes: Axes, found: TradeoffData) -> None:
    for point in found.points:
        _draw_point(axes, point, point.seconds, point in found.pareto_front)
    axes.set_xlabel("seconds per image (lower is better)")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(PLAIN_NUMBER_FORMAT)
    axes.xaxis.set_minor_locator(NullLocator())


def _draw_point(axes: Axes, point: TradeoffPoint, x: float, front: bool) -> None:
    looks: dict[str, Any] = {
        "color": method_colour(point.index),
        "marker": method_marker(point.index),
        "linestyle": "none",
        "markersize": 6,
    }
    axes.plot([x], [point.mask], label=point.label, gid=name_point(point.label), **looks)
    if front:
        ring: dict[str, Any] = {
            "marker": "o",
            "markersize": 12,
            "markerfacecolor": "none",
            "markeredgecolor": RING_COLOUR,
        }
        axes.plot([x], [point.mask], linestyle="none", markeredgewidth=0.8, **ring)
