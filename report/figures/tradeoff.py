"""Quality against Dice against seconds: what a method gains and what it costs, with the Pareto-optimal ones marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from sspbench.contract import Measure

from ..analysis.costs import list_untimed_rows
from ..analysis.image_choice import find_ranking_measure, scores_or_empty
from ..analysis.numbers import better_sign
from ..analysis.paper import TRIVIAL_GROUP
from ..analysis.results import Results
from .inline_svg import ChartPanel, NumberFigure, name_point
from .palette import RING_COLOUR
from .style import FULL_WIDTH_INCHES, PLAIN_NUMBER_FORMAT, FinishedFigure, method_colour, method_marker

TRADEOFF_PANEL_INCHES = (3.8, 3.3)


# The no-reference measure on the horizontal axis; without scores of it, the first scored one of Table 1.
DEFAULT_QUALITY_MEASURE = "niqe"


@dataclass(frozen=True)
class TradeoffPoint:
    """A method: its place in the tables, its two means and seconds per image."""

    label: str
    index: int
    quality: float
    mask: float
    seconds: float


def find_dominated(values: np.ndarray) -> np.ndarray:
    """Return which rows of (N, K) values another row beats: nowhere worse, somewhere better; larger is better.

    >>> find_dominated(np.array([[1.0, 2.0], [2.0, 2.0], [0.0, 3.0]])).tolist()
    [True, False, False]
    """
    no_worse = np.all(values[None] >= values[:, None], axis=2)
    better = np.any(values[None] > values[:, None], axis=2)
    return np.any(no_worse & better, axis=1)


@dataclass(frozen=True)
class TradeoffData:
    """What the trade-off shows: its two measures and the methods that have both and a time."""

    quality: Measure
    mask: Measure
    points: tuple[TradeoffPoint, ...]

    @cached_property
    def pareto_front(self) -> list[TradeoffPoint]:
        """The Pareto-optimal methods in quality, segmentation and time."""
        signs = np.array([better_sign(self.quality.better), better_sign(self.mask.better), -1.0])
        values = np.array([[point.quality, point.mask, point.seconds] for point in self.points]) * signs
        return [point for point, beaten in zip(self.points, find_dominated(values), strict=True) if not beaten]


def plan_tradeoff(results: Results) -> NumberFigure | None:
    """Return the figure; None with nothing to show."""
    found = collect_tradeoff_data(results)
    if found is None:
        return None
    mask, quality = found.mask.label, found.quality.label
    by_quality = [f"{point.label}: {point.quality:.3g}, {point.mask:.3g}" for point in found.points]
    by_time = [f"{point.label}: {point.seconds:.3g} s, {point.mask:.3g}" for point in found.points]
    panels = [
        _plan_page_panel(f"{mask} against {quality}", by_quality, partial(_draw_quality_panel, found=found)),
        _plan_page_panel(f"{mask} against time", by_time, partial(_draw_time_panel, found=found)),
    ]
    return NumberFigure(partial(_draw_figure, results, found), panels)


def collect_tradeoff_data(results: Results) -> TradeoffData | None:
    """Return the methods to show, or None where Dice or a quality measure or all times are missing."""
    mask, quality = find_ranking_measure(results), _find_quality_measure(results)
    if mask is None or quality is None or mask.table == "quality":
        return None
    points = tuple(_iter_points(results, quality, mask))
    return TradeoffData(quality, mask, points) if points else None


def _find_quality_measure(results: Results) -> Measure | None:
    scored = set(scores_or_empty(results)["metric"])
    known = [m for m in results.measures.values() if m.table == "quality" and m.name in scored and m.better != "none"]
    return next((measure for measure in known if measure.name == DEFAULT_QUALITY_MEASURE), known[0] if known else None)


def _iter_points(results: Results, quality: Measure, mask: Measure) -> Iterator[TradeoffPoint]:
    rows = [row for row in results.rows if not row.is_ablation and row.tables is None]
    rows = [row for row in rows if row.group != TRIVIAL_GROUP or row.id == results.best_trivial]
    for index, row in enumerate(rows):
        jobs = [results.provenance(run).get("enhance", {}) for run in row.runs]
        seconds = [job["seconds_per_image"] for job in jobs if "seconds_per_image" in job]
        pair = find_mean_pair(results, row.id, quality, mask)
        if results.status_text(row) == "done" and seconds and pair is not None:
            yield TradeoffPoint(row.label, index, *pair, max(float(np.mean(seconds)), 1e-5))


def find_mean_pair(results: Results, row: str, quality: Measure, mask: Measure) -> tuple[float, float] | None:
    """Return a row's two means, or None where one is missing."""
    first, second = (results.summary(row, measure.name) for measure in (quality, mask))
    return (first.mean, second.mean) if first.n and second.n else None


def _draw_figure(results: Results, found: TradeoffData) -> FinishedFigure:
    quality, mask = found.quality, found.mask
    figure = Figure((FULL_WIDTH_INCHES, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_quality_panel(left, found)
    left.set_ylabel(f"{mask.label} ({mask.better} is better)")
    _draw_time_panel(right, found)
    failed = [row.label for row in results.rows if not row.is_ablation and results.status_text(row) != "done"]
    unknown = list_untimed_rows(results)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    names = ", ".join(point.label for point in found.pareto_front)
    caption = (
        f"{quality.label}, {mask.label} and enhancing time, means over test images; of the trivial methods the best. "
        f"Ringed methods are Pareto-optimal in the three: {names}."
        + (f" Not shown, since the time is not known: {', '.join(unknown)}." if unknown else "")
        + (f" No result: {', '.join(failed)}." if failed else "")
    )
    return FinishedFigure(figure, caption, f"Scatter plots of {len(found.points)} methods. Pareto-optimal: {names}.")


def _plan_page_panel(title: str, values: list[str], draw: Callable[[Axes], None]) -> ChartPanel:
    def draw_with_legend(axes: Axes) -> None:
        draw(axes)
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)

    return ChartPanel(title, "; ".join(values) + ".", draw_with_legend, TRADEOFF_PANEL_INCHES)


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
