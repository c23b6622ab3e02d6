"""Quality against Dice against seconds: what a method gives and what it takes, with the Pareto-optimal ones marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from sspbench.contract import Measure

from ..analysis.paper import TRIVIAL_GROUP
from ..analysis.results import MethodRow, Results
from .image_choice import find_ranking_measure, scores_or_empty
from .style import FULL_WIDTH_INCHES, PLAIN_NUMBER_FORMAT, FinishedFigure, method_colour, method_marker

DEFAULT_QUALITY_MEASURE = "niqe"
"""The no-reference measure on the horizontal axis; else the first scored of Table 1."""


@dataclass(frozen=True)
class TradeoffPoint:
    """A method: its quality, its segmentation (both as scored) and seconds per image."""

    row: MethodRow
    index: int
    quality: float
    mask: float
    seconds: float


def find_dominated(values: np.ndarray) -> np.ndarray:
    """Tell for (N, K) values, all the larger the better, which rows another row beats: nowhere worse, somewhere better.

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
    points: list[TradeoffPoint]

    @cached_property
    def pareto_front(self) -> list[TradeoffPoint]:
        """The Pareto-optimal methods in quality, segmentation and time."""
        signs = np.array([_better_sign(self.quality), _better_sign(self.mask), -1.0])
        values = np.array([[point.quality, point.mask, point.seconds] for point in self.points]) * signs
        return [point for point, beaten in zip(self.points, find_dominated(values), strict=True) if not beaten]


def collect_tradeoff_data(results: Results) -> TradeoffData | None:
    """Return the methods to show, or None where Dice or a quality measure or all times are missing."""
    mask, quality = find_ranking_measure(results), _find_quality_measure(results)
    if mask is None or quality is None or mask.table == "quality":
        return None
    points = list(_iter_points(results, quality, mask))
    return TradeoffData(quality, mask, points) if points else None


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
    names = ", ".join(point.row.label for point in front)
    caption = (
        f"{quality.label}, {mask.label} and enhancing time, means over test images; of the trivial methods the best. "
        f"Ringed methods are Pareto-optimal in the three: {names}."
        + (f" Not shown, since the time is not known: {', '.join(unknown)}." if unknown else "")
        + (f" No result: {', '.join(failed)}." if failed else "")
    )
    return FinishedFigure(figure, caption, f"Scatter plots of {len(points)} methods. Pareto-optimal: {names}.")


def list_untimed_rows(results: Results) -> list[str]:
    """Return the labels of the rows that were enhanced elsewhere: nobody measured how long that takes."""
    return [
        row.label for row in results.rows if row.id in results.external_row_ids and results.status_text(row) == "done"
    ]


def _find_quality_measure(results: Results) -> Measure | None:
    scored = set(scores_or_empty(results)["metric"])
    known = [m for m in results.measures.values() if m.table == "quality" and m.name in scored and m.better != "none"]
    return next((measure for measure in known if measure.name == DEFAULT_QUALITY_MEASURE), known[0] if known else None)


def _better_sign(measure: Measure) -> float:
    return 1.0 if measure.better == "higher" else -1.0


def _iter_points(results: Results, quality: Measure, mask: Measure) -> Iterator[TradeoffPoint]:
    rows = [row for row in results.rows if not row.is_ablation and row.tables is None]
    rows = [row for row in rows if row.group != TRIVIAL_GROUP or row.id == results.best_trivial]
    for index, row in enumerate(rows):
        jobs = [results.provenance(run).get("enhance", {}) for run in row.runs]
        seconds = [job["seconds_per_image"] for job in jobs if "seconds_per_image" in job]
        pair = find_mean_pair(results, row.id, quality, mask)
        if results.status_text(row) == "done" and seconds and pair is not None:
            yield TradeoffPoint(row, index, *pair, max(float(np.mean(seconds)), 1e-5))


def find_mean_pair(results: Results, row: str, quality: Measure, mask: Measure) -> tuple[float, float] | None:
    """Return a row's two means, or None where it has not both."""
    first, second = (results.summary(row, measure.name) for measure in (quality, mask))
    return (first.mean, second.mean) if first.n and second.n else None


def _draw_point(axes: Axes, point: TradeoffPoint, x: float, front: bool) -> None:
    looks: dict[str, Any] = {
        "color": method_colour(point.index),
        "marker": method_marker(point.index),
        "linestyle": "none",
        "markersize": 6,
    }
    axes.plot([x], [point.mask], label=point.row.label, **looks)
    if front:
        ring: dict[str, Any] = {
            "marker": "o",
            "markersize": 12,
            "markerfacecolor": "none",
            "markeredgecolor": "#444444",
        }
        axes.plot([x], [point.mask], linestyle="none", markeredgewidth=0.8, **ring)
