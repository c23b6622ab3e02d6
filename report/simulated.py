"""The study of what the statistics are worth, as a table: simulated with the spreads that a run's scores show."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sspbench.errors import UserError
from sspbench.releases.scores import load_scores

from .statistics import complete, grids
from .statistics.simulation import AGAIN, Spreads, spreads, study
from .subject import UNTOUCHED

BEGIN, END = "<!-- simulation: begin -->", "<!-- simulation: end -->"
"""Markers of the page between which the table stands."""


def simulated_table(folder: Path, draws: int) -> str:
    """Return the study as GitHub Markdown: a line per measure, number of trainings and way of testing.

    Args:
        folder: Holds scores, at any depth, or is a release: of at least two seeds.
        draws: Simulated comparisons per row, measure and number of trainings; ten times as many of the worst row.

    Raises:
        UserError: there are no scores of two seeds with the untouched image.
    """
    cases, images = measured_spreads(folder)
    found = study(cases, images, draws=draws)
    rows = len({row for row, _ in cases})
    lines = [
        f"{rows} rows, {images} images; means from {draws} draws per row, worst row from {AGAIN * draws} new ones.",
        "",
        "| measure | trainings | replicates | false positives, mean | worst row | coverage, mean | worst row |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for metric, trainings, way, wrong, holds, worst_wrong, worst_holds in found.itertuples(index=False):
        numbers = " | ".join(_percent(value) for value in (wrong, worst_wrong, holds, worst_holds))
        lines.append(f"| {metric} | {trainings} | {way} | {numbers} |")
    return "\n".join(lines)


def _percent(value: float) -> str:
    return "no p" if pd.isna(value) else f"{100 * value:.1f} %"


def measured_spreads(folder: Path) -> tuple[dict[tuple[str, str], Spreads], int]:
    """Return the spreads of every row minus the untouched image by (row, measure), and the number of test images."""
    cases: dict[tuple[str, str], Spreads] = {}
    images = 0
    for key, rows in grids(load_scores(folder)):
        for row, values in rows.items() if UNTOUCHED in rows else ():
            difference = complete(values - rows[UNTOUCHED]).to_numpy(dtype=float).T
            if row != UNTOUCHED and min(difference.shape) > 1:
                cases[row, key[-1]] = spreads(difference)
                images = max(images, difference.shape[1])
    if not cases:
        hint = "run with --config seeds=[0,1,2,3,4], the row identity among the methods"
        raise UserError("There are no scores of two seeds beside the untouched image", where=str(folder), hint=hint)
    return cases, images


def between_markers(page: Path, text: str) -> str:
    """Return the page with what stands between its markers replaced.

    Raises:
        UserError: the page lacks the markers.
    """
    content = page.read_text()
    before, begin, rest = content.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError("The page has no markers", where=str(page), hint=f"add lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
