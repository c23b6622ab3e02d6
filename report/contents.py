"""Which tables the report has, and how each is made."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from sspbench.files import write_json

from .analysis import MAKERS as ANALYSES
from .results import Results
from .tables import Table, measure_table, write_table

QUALITY = "Table 1. No-reference quality of the enhanced test images"
SEGMENTATION = "Table 2. Segmentation of the enhanced test images against the labels"
ABLATION = "Table 3. Ablation of the loss"


def build(results: Results, folder: Path) -> None:
    """Write every table that the results allow into ``folder``, ``index.json`` last."""
    if folder.exists():
        shutil.rmtree(folder)
    index = {}
    for make in MAKERS:
        for table in make(results):
            write_table(table, folder)
            index[table.name] = table.title
    write_json(folder / "metrics.json", _means(results))
    write_json(folder / "index.json", index)


def _measured(name: str, title: str, kind: str) -> Callable[[Results], Iterator[Table]]:
    def make(results: Results) -> Iterator[Table]:
        measures = results.measures_of(kind)
        if measures:
            yield measure_table(results, name, title, results.rows_of(kind), measures)

    return make


def _ablation(results: Results) -> Iterator[Table]:
    if results.ablation_rows:
        measures = results.measures_of("quality")
        yield measure_table(results, "table3_ablation", ABLATION, results.ablation_rows, measures)


def _means(results: Results) -> dict[str, dict[str, float]]:
    """Return the mean of every measure by row: the small file that ``dvc metrics`` shows."""
    means = results.scores.groupby(["row", "metric"])["value"].mean().dropna()
    found: dict[str, dict[str, float]] = {}
    for (row, metric), value in means.items():
        found.setdefault(row, {})[metric] = round(float(value), 6)
    return found


MAKERS: tuple[Callable[[Results], Iterator[Table]], ...] = (
    _measured("table1_quality", QUALITY, "quality"),
    _measured("table2_segmentation", SEGMENTATION, "segmentation"),
    _ablation,
    _measured("truth", "Agreement with the known truth (simulated data)", "truth"),
    _measured("morphometry", "Nerve morphometry from the segmented nerves", "morphometry"),
    _measured("extra", "Further measures", "extra"),
    *ANALYSES,
)
