"""The answer of a run for a terminal: the primary analysis as a sentence, a table and its limitations."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sspbench.files import read_json
from sspbench.jobs.outcome import NOT_APPLICABLE

from ..analysis.numbers import NAN
from ..analysis.statistics import RowRank
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
    found = read_json(place)
    prose = [*_wrap_text(found["headline"]), *_wrap_text(found.get("subline", ""))]
    prose += [line for text in found.get("differences", []) for line in _wrap_text(text)]
    caveats = [line for caveat in found["caveats"] for line in _wrap_text(caveat, "- ")]
    if not found["rows"]:
        return [*prose, *_format_fallback(tables), *caveats]
    return [*prose, *_format_rows(found, noun), "Limitations:", *caveats]


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


def _make_primary_table(found: Mapping[str, Any], noun: str) -> Table:
    """Return the rows of the primary analysis as a table; columns without any number are left out."""
    lines = [(row, _make_cells(row)) for row in found["rows"]]
    columns = _list_columns(found.get("label") or "Dice", noun)
    kept = [
        place
        for place in range(len(columns))
        if any(cells[place].text or _has_number(cells[place]) for _, cells in lines)
    ]
    rows = tuple(Row(row["key"], row["label"], tuple(cells[place] for place in kept)) for row, cells in lines)
    return Table("primary", "", tuple(columns[place] for place in kept), rows)


def _make_cells(row: Mapping[str, Any]) -> list[Cell]:
    status = row.get("status", "done")
    gain = row.get("gain") or {}
    known = Cell(
        mean=_nan_if_none(gain.get("mean")), low=_nan_if_none(gain.get("low")), high=_nan_if_none(gain.get("high"))
    )
    rank = "" if row.get("rank") is None else RowRank(**row["rank"]).text
    numbers = [Cell(mean=_nan_if_none(row.get("mean"))), known, Cell(rank)]
    numbers.append(Cell(mean=100.0 * _nan_if_none(row.get("closed"))))
    numbers += [Cell(mean=_nan_if_none(row.get(key))) for key in ("lost", "invented")]
    return [replace(cell, status=status) for cell in [*numbers, Cell(text=gain.get("verdict", ""))]]


def _nan_if_none(value: float | None) -> float:
    return NAN if value is None else value


def _has_number(cell: Cell) -> bool:
    return not cell.has_failed and cell.mean == cell.mean  # NaN is not itself


def _format_rows(found: Mapping[str, Any], noun: str) -> list[str]:
    """Return the rows of the forest plot, the untouched image, what failed, and how many others the file has."""
    marks = {found.get(name) for name in ("reference", "rival", "ceiling")}
    shown = [row for row in found["rows"] if row.get("contender") or row["key"] in marks or row.get("status") != "done"]
    lines = render_terminal(_make_primary_table({**found, "rows": shown}, noun)).splitlines()
    others = len(found["rows"]) - len(shown)
    answer = lines[1:]  # the headline replaces the heading
    return [*answer, f"Other rows ({others}): tables/gains.md"] if others else answer


def _format_fallback(tables: Path) -> list[str]:
    for key, columns in FALLBACK_TABLES:
        place = tables / f"{key}.json"
        table = read_table(place) if place.is_file() else None
        if table is not None and any(cell.status.startswith(NOT_APPLICABLE) for _, _, cell in table.cells()):
            continue
        if table is not None:
            return render_terminal(_select_columns(table, columns)).splitlines()
    return ["This run has no tables yet."]


def _select_columns(table: Table, keys: tuple[str, ...]) -> Table:
    """Return a table with some of its columns, where it has any of them."""
    kept = [place for place, column in enumerate(table.columns) if column.key in keys] or range(len(table.columns))
    rows = tuple(replace(row, cells=tuple(row.cells[place] for place in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[place] for place in kept), rows=rows)


def _wrap_text(text: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(text, MAX_LINE_CHARS, initial_indent=bullet, subsequent_indent=" " * len(bullet))
