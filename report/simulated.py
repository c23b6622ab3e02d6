"""The study of what the statistics are worth, as a table: simulated with the spreads that a run's scores show."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sspbench.errors import UserError
from sspbench.releases.scores import load_scores

from .statistics import complete, grids
from .statistics.simulation import Spreads, spreads, study
from .subject import UNTOUCHED

BEGIN, END = "<!-- simulation: begin -->", "<!-- simulation: end -->"
"""Markers of the page between which the table stands."""


def simulated_table(folder: Path, draws: int) -> str:
    """Return the study as GitHub Markdown: a line per measure, number of trainings and way of testing.

    Args:
        folder: Holds scores, at any depth, or is a release: of at least two seeds.
        draws: Simulated comparisons per row, measure and number of trainings.

    Raises:
        UserError: there are no scores of two seeds with the untouched image.
    """
    cases, images = measured_spreads(folder)
    found = study(cases, images, draws=draws)
    worst = found.groupby(["metric", "trainings", "way"], sort=False).agg(
        false_positives=("false_positives", "max"), coverage=("coverage", "min")
    )
    head = f"Worst row of each measure; {images} images, {draws} draws per row."
    lines = [
        head,
        "",
        "| measure | trainings | replicates | false positives | coverage |",
        "| --- | ---: | --- | ---: | ---: |",
    ]
    for metric, trainings, way, false_positives, coverage in worst.reset_index().itertuples(index=False):
        wrong = "no p" if pd.isna(false_positives) else f"{100 * false_positives:.1f} %"
        lines.append(f"| {metric} | {trainings} | {way} | {wrong} | {100 * coverage:.1f} % |")
    return "\n".join(lines)


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
