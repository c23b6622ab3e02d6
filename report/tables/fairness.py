"""The table of fairness: what each network was given at demonstration scale, and how its learning rate was chosen."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from statistics import fmean
from typing import Any

from sspbench.checkout import ROOT
from sspbench.plugins.row_groups import UNTRAINED_VARIANT

from ..analysis.numbers import NAN
from ..analysis.primary_analysis import PrimaryAnalysis
from ..analysis.primary_rows import analyse_primary
from ..analysis.results import MethodRow, Results
from .gains import explain_no_gain, make_gain_cell, make_mean_cell
from .record import Cell, Column, Row, Table

# Mean Dice by method and learning rate on separately simulated images; the study `demo-search.yaml` found it.
RATE_SEARCH_FILE = ROOT / "config" / "studies" / "demo-search.csv"

NOT_RUN = "not run"  # printed where the run has no row of the untrained network
RATE_NAMES = ("lower", "middle", "upper")  # the rates that were tried, each twice the one before

FAIRNESS_COLUMNS = (
    Column("steps", "Steps", decimals=0),
    Column("images", "Image pairs seen", decimals=0),
    Column("cpu_seconds", "CPU seconds", "s", decimals=0),
    Column("start", "Starts as: Dice, untrained", better="higher", decimals=3),
    Column("start_gain", "over the untouched image [95 % CI]", better="higher", decimals=3),
    Column("lr", "Learning rate", form="words"),
    *(Column(f"dice:{rate}", f"Dice, {rate} rate", better="higher", decimals=3) for rate in RATE_NAMES),
    Column("dice:random-start", "Dice, random start", better="higher", decimals=3),
)

FAIRNESS_NOTES = (
    "Every network gets about the same CPU seconds, not the same images or steps.",
    "Dice: of the search that chose the rates, on simulated images drawn with another seed; no image of the benchmark "
    "was looked at. Three rates were tried for each, each twice the one before; the best was taken.",
    "Starts as: Dice of the untrained network of the same run. A gain near zero says that it starts as its input. "
    "The last column: the same training from a random start, for networks that start otherwise.",
)


def make_fairness_table(results: Results) -> Iterator[Table]:
    """Yield the table; nothing at other scales, which follow publications, or if nothing was trained."""
    if results.plan.preset != "demo":
        return
    primary = analyse_primary(results)
    rows = tuple(_make_row(results, row, primary) for row in results.rows if _is_trained_method(results, row))
    if rows:
        title = "What each network was given at demonstration scale"
        yield Table("fairness", title, FAIRNESS_COLUMNS, rows, notes=FAIRNESS_NOTES)


def _is_trained_method(results: Results, row: MethodRow) -> bool:
    variant = row.runs[0].variant
    return row.runs[0].is_learned and variant is None and results.status_text(row) == "done"


def _make_row(results: Results, row: MethodRow, primary: PrimaryAnalysis) -> Row:
    params = results.plan.resolve_run_params(row.runs[0])
    trained = [results.provenance(run).get("train", {}) for run in row.runs]
    seconds = [float(job["cpu_seconds"]) for job in trained if "cpu_seconds" in job]
    steps = fmean([job["steps"] for job in trained if "steps" in job] or [NAN])
    found = _read_search().get(row.id, {})
    cells = (
        Cell(mean=steps),
        Cell(mean=steps * params["batches"]["size"]),
        Cell(mean=fmean(seconds or [NAN]), seeds=len(seconds)),
        *_make_start_cells(results, row, primary),
        Cell(f"{params['lr']:g}" if "lr" in params else "–"),
        *(Cell(mean=found.get(rate, NAN), best=_is_best(found, rate)) for rate in RATE_NAMES),
        Cell(mean=found.get("random-start", NAN)),
    )
    return Row(row.id, row.label, cells)


def _make_start_cells(results: Results, row: MethodRow, primary: PrimaryAnalysis) -> tuple[Cell, Cell]:
    """Return Dice of the untrained network and its gain over the untouched image."""
    key = f"{row.id}+{UNTRAINED_VARIANT}"
    untrained = next((one for one in results.rows if one.id == key), None)
    if untrained is None:
        return (Cell(NOT_RUN),) * 2
    if results.status_text(untrained) != "done":
        return (Cell(status=results.status_text(untrained)),) * 2
    line = primary.find_row(key)
    if line is None:
        return (Cell(note=primary.headline),) * 2
    gain = make_gain_cell(line.gain, explain_no_gain(line, primary, results))
    return make_mean_cell(results, key, primary.measure), gain


def _is_best(found: Mapping[str, float], rate: str) -> bool:
    tried = [found[each] for each in RATE_NAMES if each in found]
    return rate in found and found[rate] == max(tried)


@cache
def _read_search() -> dict[str, dict[str, float]]:
    """Return by method the mean Dice of each row of the recorded search."""
    found: dict[str, dict[str, Any]] = {}
    with RATE_SEARCH_FILE.open(newline="", encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            found.setdefault(line["method"], {})[line["row"]] = float(line["dice"])
    return found
