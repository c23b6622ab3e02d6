"""Every test image's value of every main measure."""

from __future__ import annotations

import pandas as pd

from sspbench.contract import Measure

from .image_choice import scores_or_empty
from .results import Results
from .statistics import average_by_image


def list_main_measures(results: Results) -> list[Measure]:
    """Return the measures of Tables 1 and 2 that any row has a value of."""
    scores = scores_or_empty(results)
    scored = set(scores.loc[scores["value"].notna(), "metric"])
    chosen = [measure for measure in results.measures.values() if measure.table in ("quality", "segmentation")]
    chosen.sort(key=lambda measure: measure.table != "quality")
    return [measure for measure in chosen if measure.name in scored]


def average_row_by_image(results: Results, row: str, measure: Measure) -> pd.Series:
    """Return the mean over seeds of every image that the summary counts."""
    return average_by_image(results.values(row, measure.name))
