"""The table of the power study: every pair of ranked rows, whether it is parted, and what parting it would take."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..analysis.power import analyse_power
from ..analysis.results import Results
from ..analysis.statistics.power import PairPower
from .record import Cell, Column, Row, Table

POWER_COLUMNS = (
    Column("other", "Minus", form="words"),
    Column("difference", "Difference [95 % CI]", better="higher", decimals=3),
    Column("parted", "Parted here", form="words"),
    Column("trainings_needed", "Trainings needed", better="lower", decimals=0),
    Column("images_needed", "Images needed", better="lower", decimals=0),
)


def make_power_table(results: Results) -> Iterator[Table]:
    """Yield the pairs of ranked rows; nothing without a test."""
    found = analyse_power(results)
    if found.study is None:
        return
    rows = tuple(
        Row(f"{pair.row} - {pair.other}", results.labels[pair.row], _make_cells(pair, results.labels[pair.other]))
        for pair in found.study.pairs
    )
    title = "Can this data set tell? Pairs of rows, and what it would take to part them"
    yield Table("power", title, POWER_COLUMNS, rows, notes=found.sentences)


def _make_cells(pair: PairPower, other: str) -> tuple[Cell, ...]:
    return (
        Cell(other),
        Cell(mean=pair.difference, low=pair.low, high=pair.high),
        Cell("yes" if pair.parted else "no"),
        _make_count_cell(pair.parted, pair.trainings_needed),
        _make_count_cell(pair.parted, pair.images_needed),
    )


def _make_count_cell(parted: bool, needed: float) -> Cell:
    if parted:
        return Cell("enough")
    return Cell("no number would do") if math.isinf(needed) else Cell(mean=needed)
