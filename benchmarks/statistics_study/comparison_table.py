"""The study of how often the statistics are right, as a table: simulated with the spreads of a run's scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from report.analysis.paper import UNTOUCHED_ROW
from report.analysis.statistics.crossed_effects import EffectSpreads, estimate_effect_spreads
from report.analysis.statistics.summary import iter_grids, keep_complete_images
from sspbench.errors import UserError
from sspbench.releases.scores import load_scores

from .comparisons import WORST_ROW_DRAW_FACTOR, simulate_study

TABLE_BEGIN_MARKER, TABLE_END_MARKER = "<!-- simulation: begin -->", "<!-- simulation: end -->"
"""Markers of the page that enclose the table."""


def make_simulation_table(folder: Path, draws: int) -> str:
    """Return the study as GitHub Markdown: a line per measure, number of trainings and way of testing.

    Args:
        folder: Holds scores, at any depth, or is a release: of at least two seeds.
        draws: Simulated comparisons per row, measure and number of trainings; ten times as many of the worst row.

    Raises:
        UserError: no row has scores of two seeds that the untouched image has, too.
    """
    cases, images = measure_spreads(folder)
    found = simulate_study(cases, images, draws=draws)
    rows = len({row for row, _ in cases})
    lines = [
        f"{rows} rows, {images} images; means from {draws} draws per row, "
        f"worst row from {WORST_ROW_DRAW_FACTOR * draws} new ones.",
        "",
        "| measure | trainings | replicates | false positives, mean | worst row | coverage, mean | worst row |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for metric, trainings, way, wrong, holds, worst_wrong, worst_holds in found.itertuples(index=False):
        numbers = " | ".join(_format_percent(value) for value in (wrong, worst_wrong, holds, worst_holds))
        lines.append(f"| {metric} | {trainings} | {way} | {numbers} |")
    return "\n".join(lines)


def _format_percent(value: float) -> str:
    return "no p" if pd.isna(value) else f"{100 * value:.1f} %"


def measure_spreads(folder: Path) -> tuple[dict[tuple[str, str], EffectSpreads], int]:
    """Return the spreads of every row minus the untouched image by (row, measure), and the number of test images."""
    cases: dict[tuple[str, str], EffectSpreads] = {}
    images = 0
    for key, rows in iter_grids(load_scores(folder)):
        for row, values in rows.items() if UNTOUCHED_ROW in rows else ():
            difference = keep_complete_images(values - rows[UNTOUCHED_ROW]).to_numpy(dtype=float).T
            if row != UNTOUCHED_ROW and min(difference.shape) > 1:
                cases[row, key[-1]] = estimate_effect_spreads(difference)
                images = max(images, difference.shape[1])
    if not cases:
        hint = "run with --config seeds=[0,1,2,3,4], the row identity among the methods"
        raise UserError("No row shares two seeds with the untouched image", where=str(folder), hint=hint)
    return cases, images


def replace_between_markers(page: Path, text: str) -> str:
    """Return the page with the text between its markers replaced.

    Raises:
        UserError: the page lacks the markers.
    """
    content = page.read_text()
    before, begin, rest = content.partition(TABLE_BEGIN_MARKER)
    _old, end, after = rest.partition(TABLE_END_MARKER)
    if not begin or not end:
        raise UserError(
            "The page has no markers", where=str(page), hint=f"add lines {TABLE_BEGIN_MARKER} and {TABLE_END_MARKER}"
        )
    return f"{before}{TABLE_BEGIN_MARKER}\n{text}\n{TABLE_END_MARKER}{after}"
