"""Writes the tables: every maker's records with their renderings, the means, and the index last."""

from __future__ import annotations

import shutil
from pathlib import Path

from sspbench.files import write_json

from ..analysis.primary_analysis import primary_to_json
from ..analysis.primary_rows import analyse_primary
from ..analysis.results import Results
from ..analysis.statistics import collect_means
from .all_makers import TABLE_MAKERS
from .render import write_table

# Measures beside those of Tables 1 and 2 that a row's means show.
EXTRA_MEAN_MEASURES = ("psnr", "ssim", "hallucinated", "lost")


def write_tables(results: Results, folder: Path) -> None:
    """Write every table that the results allow into ``folder``, ``index.json`` (headings by key) last.

    ``primary.json`` is the answer of the run (:mod:`report.analysis.primary_analysis`); without one it says why.
    ``metrics.json``, what ``dvc metrics diff`` compares, has the mean of every measure by row; ``means/<row>.json`` has
    those of the main measures, a file per row because ``dvc metrics show`` makes a line of each file.
    """
    if folder.exists():
        shutil.rmtree(folder)
    index = {}
    for make in TABLE_MAKERS:
        for table in make(results):
            write_table(table, folder)
            index[table.key] = table.heading
    write_json(folder / "primary.json", primary_to_json(analyse_primary(results)))
    found = collect_means(results.summaries)
    rounded = {row: {name: round(mean, 6) for name, mean in line.items()} for row, line in found.items()}
    write_json(folder / "metrics.json", rounded)
    shown = [measure.name for measure in (*results.main_measures, *results.select_measures(EXTRA_MEAN_MEASURES))]
    for row, line in rounded.items():
        write_json(folder / "means" / f"{row}.json", {name: line[name] for name in shown if name in line})
    write_json(folder / "index.json", index)
