"""The study of what rank intervals and ties are worth, as a table: simulated with the spreads of a run's scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from report.analysis.paper import ORACLE_GROUP, PRIMARY_MEASURE, TRIVIAL_GROUP, UNTOUCHED_ROW
from report.analysis.statistics.summary import iter_grids
from sspbench.plugins.discovery import find_plugins
from sspbench.plugins.row_groups import row_group
from sspbench.releases.scores import load_scores

from .comparison_table import measure_spreads
from .ranks import simulate_ranks

SIMULATED_TRAININGS = (5, 10)
"""Trainings per method for which ranks are simulated."""


def make_rank_study_table(folder: Path, draws: int) -> str:
    """Return the study as GitHub Markdown: methods that are all equal, and equal in pairs, with this run's spreads.

    Args:
        folder: Holds scores, at any depth, or is a release: of at least two seeds.
        draws: Simulated tables per line.

    Raises:
        UserError: no row has scores of two seeds that the untouched image has, too.
    """
    cases, images = measure_spreads(folder)
    plugins = find_plugins("methods")
    methods = [
        row
        for row, metric in cases
        if metric == PRIMARY_MEASURE
        and row in plugins
        and row_group(plugins[row].meta) not in (TRIVIAL_GROUP, ORACLE_GROUP)
    ]
    if len(methods) < 2:
        return "Ranks are not simulated: they need two methods."
    spreads = [cases[row, PRIMARY_MEASURE] for row in methods]
    truths = {"all equal": [0.0] * len(methods), "equal in pairs": _pair_up(_measure_gains(folder, methods))}
    lines = [
        f"Ranks of {len(methods)} methods in Dice, {images} images; {draws} tables per line.",
        "",
        "| methods are | trainings | intervals hold | worst method | tables that part equals | ranks per interval |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for words, means in truths.items():
        for trainings in SIMULATED_TRAININGS:
            found = simulate_ranks(means, spreads, trainings, images, draws)
            shares = " | ".join(
                f"{100 * share:.1f} %" for share in (found.coverage, found.worst_coverage, found.parts_equal)
            )
            lines.append(f"| {words} | {trainings} | {shares} | {found.width:.1f} |")
    return "\n".join(lines)


def _measure_gains(folder: Path, methods: Sequence[str]) -> list[float]:
    """Return the methods' mean gains over the untouched image in the primary measure."""
    ((_, rows),) = ((key, rows) for key, rows in iter_grids(load_scores(folder)) if key[-1] == PRIMARY_MEASURE)
    return [float(np.nanmean((rows[row] - rows[UNTOUCHED_ROW]).to_numpy())) for row in methods]


def _pair_up(values: Sequence[float]) -> list[float]:
    """Return values of which neighbours in order are made equal, two by two.

    >>> _pair_up([4.0, 1.0, 2.0])
    [4.0, 1.5, 1.5]
    """
    found = np.array(values, dtype=float)
    order = np.argsort(found)
    for start in range(0, len(order) - 1, 2):
        found[order[start : start + 2]] = found[order[start : start + 2]].mean()
    return [float(value) for value in found]
