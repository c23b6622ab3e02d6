"""Every test image's value of every main measure, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sspbench.contract import Measure

from .image_choice import scores_or_empty
from .results import Results
from .statistics import average_by_image


@dataclass(frozen=True)
class RowValues:
    """A row's label and its values, one per test image (mean over seeds)."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class MeasureDistribution:
    """A measure, and the values of every row that finished.

    Attributes:
        label: Label of the measure.
        unit: Its unit, empty for none.
        better: ``higher``, ``lower`` or ``none``.
        folded: Whether the page shows it on demand only: Table 2's measures but Dice.
        rows: The rows in the order of the tables.
    """

    label: str
    unit: str
    better: str
    folded: bool
    rows: tuple[RowValues, ...]


def collect_distributions(results: Results) -> list[MeasureDistribution]:
    """Return the distribution of every scored measure of Tables 1 and 2; none without results."""
    rows = [row for row in results.rows_in_table("quality") if results.status_text(row) == "done"]
    return [
        MeasureDistribution(
            measure.label,
            measure.unit,
            measure.better,
            measure.table != "quality" and measure.name != "dice",
            tuple(RowValues(row.label, tuple(average_row_by_image(results, row.id, measure).tolist())) for row in rows),
        )
        for measure in list_main_measures(results)
        if any(results.summary(row.id, measure.name).n for row in rows)
    ]


def list_main_measures(results: Results) -> list[Measure]:
    """Return the scored measures of Tables 1 and 2."""
    scored = set(scores_or_empty(results)["metric"])
    chosen = [measure for measure in results.measures.values() if measure.table in ("quality", "segmentation")]
    chosen.sort(key=lambda measure: measure.table != "quality")
    return [measure for measure in chosen if measure.name in scored]


def average_row_by_image(results: Results, row: str, measure: Measure) -> pd.Series:
    """Return the mean over seeds of every image that the summary counts."""
    return average_by_image(results.values(row, measure.name))
