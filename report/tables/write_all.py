"""Writes the tables: every maker's records with their renderings, the means, and the index last.

A maker returns the records of one question; a new table is one more maker in :data:`TABLE_MAKERS`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from sspbench.files import write_json

from ..analysis.primary_analysis import primary_to_json
from ..analysis.primary_rows import analyse_primary
from ..analysis.results import Results
from ..analysis.statistics.summary import collect_means
from .audits import make_own_audit_table, make_paper_audit_tables
from .checkpoints import make_checkpoint_table
from .comparisons import make_claim_tests_table, make_ranks_table, make_tests_table
from .definition_sensitivity import make_sensitivity_table
from .degradations import make_degradation_tables
from .fairness import make_fairness_table
from .gains import make_gains_table
from .measures import MEASURE_TABLE_MAKERS
from .metric_trust import make_trust_table
from .power import make_power_table
from .rank_intervals import make_rank_intervals_table
from .record import Table
from .render import write_table
from .reproduction import make_reproduction_table
from .vessels import make_vessel_table

# Yields the tables that the results allow, none where they allow none.
TableMaker = Callable[[Results], Iterator[Table]]

# All makers, in the order of `index.json`.
TABLE_MAKERS: tuple[TableMaker, ...] = (
    make_gains_table,
    *MEASURE_TABLE_MAKERS,
    make_degradation_tables,
    make_vessel_table,
    make_trust_table,
    make_reproduction_table,
    make_tests_table,
    make_claim_tests_table,
    make_ranks_table,
    make_rank_intervals_table,
    make_power_table,
    make_checkpoint_table,
    make_fairness_table,
    make_sensitivity_table,
    make_paper_audit_tables,
    make_own_audit_table,
)

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
