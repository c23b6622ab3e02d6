"""The trade-off of a method: quality, Dice and seconds per image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sspbench.contract import Measure

from .image_choice import find_ranking_measure, scores_or_empty
from .paper import TRIVIAL_GROUP
from .results import Results

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
        signs = np.array([_better_sign(self.quality), _better_sign(self.mask), -1.0])
        values = np.array([[point.quality, point.mask, point.seconds] for point in self.points]) * signs
        return [point for point, beaten in zip(self.points, find_dominated(values), strict=True) if not beaten]


def collect_tradeoff_data(results: Results) -> TradeoffData | None:
    """Return the methods to show, or None where Dice or a quality measure or all times are missing."""
    mask, quality = find_ranking_measure(results), _find_quality_measure(results)
    if mask is None or quality is None or mask.table == "quality":
        return None
    points = tuple(_iter_points(results, quality, mask))
    return TradeoffData(quality, mask, points) if points else None


def list_untimed_rows(results: Results) -> list[str]:
    """Return the labels of the rows that were enhanced elsewhere: how long that took is unknown."""
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
            yield TradeoffPoint(row.label, index, *pair, max(float(np.mean(seconds)), 1e-5))


def find_mean_pair(results: Results, row: str, quality: Measure, mask: Measure) -> tuple[float, float] | None:
    """Return a row's two means, or None where one is missing."""
    first, second = (results.summary(row, measure.name) for measure in (quality, mask))
    return (first.mean, second.mean) if first.n and second.n else None
