"""The answer of a run for a terminal: the primary analysis as a sentence, a table and its limitations."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sspbench.jobs.outcome import NOT_APPLICABLE

from ..analysis.numbers import NAN
from ..analysis.primary_analysis import Gain, PrimaryAnalysis, PrimaryRow, read_primary
from .record import Cell, Column, Row, Table, read_table
from .render.terminal import render_terminal

MAX_LINE_CHARS = 110  # characters in a line of prose

# The tables, and of each the columns (none: all), to show without a primary analysis.
FALLBACK_TABLES = (("table2_segmentation", ("dice", "sen", "fdr")), ("table1_quality", ()))


def format_answer(tables: Path, noun: str) -> list[str]:
    """Return the answer line by line: the primary analysis, or the tables to show instead.

    Args:
        tables: The folder of table records.
        noun: The word for the structure that is segmented, e.g. ``nerve``.
    """
    place = tables / "primary.json"
    if not place.is_file():
        return _format_fallback(tables)
    found = read_primary(place)
    prose = [line for text in (found.headline, found.subline, *found.differences) for line in _wrap_text(text)]
    caveats = [line for caveat in found.caveats for line in _wrap_text(caveat, "- ")]
    if not found.rows:
        return [*prose, *_format_fallback(tables), *caveats]
    return [*prose, *_format_rows(found, noun), "Limitations:", *caveats]


def _format_rows(found: PrimaryAnalysis, noun: str) -> list[str]:
    """Return the rows of the forest plot, the untouched image, what failed, and how many others the file has."""
    marks = (found.reference, found.rival, found.ceiling)
    shown = [row for row in found.rows if row.contender or row.key in marks or row.status != "done"]
    table = Table("primary", "", _list_columns(found.label, noun), tuple(_make_row(row) for row in shown))
    _, *answer = render_terminal(_select_columns(table, _find_filled_columns(table))).splitlines()
    others = len(found.rows) - len(shown)
    return [*answer, f"Other rows ({others}): tables/gains.md"] if others else answer


def _list_columns(label: str, noun: str) -> tuple[Column, ...]:
    """Return the columns, those of the page's forest plot; ``label`` is that of the primary measure."""
    return (
        Column("mean", label, better="higher", decimals=3),
        Column("gain", "gain over untouched [95 % CI]", better="higher", decimals=3),
        Column("rank", "rank", form="words"),
        Column("closed", "gap closed", "%", better="higher", decimals=0),
        Column("lost", f"{noun} lost", "%", better="lower", decimals=1),
        Column("invented", f"{noun} invented", "%", better="lower", decimals=1),
        Column("verdict", "verdict", form="words"),
    )


def _make_row(row: PrimaryRow) -> Row:
    gain = row.gain or Gain(NAN)
    cells = (
        Cell(mean=row.mean),
        Cell(mean=gain.mean, low=gain.low, high=gain.high),
        Cell("" if row.rank is None else row.rank.text),
        Cell(mean=100.0 * row.gap_closed),
        Cell(mean=row.lost),
        Cell(mean=row.invented),
        Cell(gain.verdict),
    )
    return Row(row.key, row.label, tuple(replace(cell, status=row.status) for cell in cells))


def _find_filled_columns(table: Table) -> list[int]:
    """Return the places of the columns with any words, or a number of a row that did not fail."""
    cells = [row.cells for row in table.rows]
    return [
        place
        for place in range(len(table.columns))
        if any(line[place].text or (math.isfinite(line[place].mean) and not line[place].has_failed) for line in cells)
    ]


def _format_fallback(tables: Path) -> list[str]:
    for key, columns in FALLBACK_TABLES:
        place = tables / f"{key}.json"
        table = read_table(place) if place.is_file() else None
        if table is not None and not any(cell.status.startswith(NOT_APPLICABLE) for _, _, cell in table.cells()):
            kept = [place for place, column in enumerate(table.columns) if column.key in columns]
            return render_terminal(_select_columns(table, kept or range(len(table.columns)))).splitlines()
    return ["This run has no tables yet."]


def _select_columns(table: Table, places: Sequence[int]) -> Table:
    rows = tuple(replace(row, cells=tuple(row.cells[place] for place in places)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[place] for place in places), rows=rows)


def _wrap_text(text: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(text, MAX_LINE_CHARS, initial_indent=bullet, subsequent_indent=" " * len(bullet))
