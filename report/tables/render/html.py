"""A table record as the page shows it: cells ready for the template ``page/parts.html.j2``, which writes the tags."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sspbench.plugins.row_groups import ROW_GROUPS

from ..record import Column, Row, Table
from .text import format_cell, format_head


@dataclass(frozen=True)
class CellExtra:
    """What the page adds to a cell.

    Attributes:
        anchor: Its id, for links.
        paper: The published value, empty for none.
        marks: Results of tests, as (symbol, meaning).
    """

    anchor: str = ""
    paper: str = ""
    marks: tuple[tuple[str, str], ...] = ()


NO_EXTRA = CellExtra()

ExtraMaker = Callable[[Row, Column], CellExtra]


@dataclass(frozen=True)
class HtmlCell:
    """A cell of the page: its text, what it is sorted by (empty without a number), and what the page adds."""

    text: str
    best: bool = False
    key: str = ""
    failed: bool = False
    note: str = ""
    rank: str = ""
    extra: CellExtra = NO_EXTRA


@dataclass(frozen=True)
class HtmlTable:
    """A table of the page.

    Attributes:
        columns: Heads, that of the row labels first.
        wordy: By column, whether it holds words.
        better: By column, which direction is better (``higher``, ``lower``, ``none``): that comes first when sorted.
        headings: By row, the heading that stands above it: the name of its group where a new one begins, else empty.
    """

    key: str
    title: str
    columns: list[str]
    wordy: list[bool]
    better: list[str]
    rows: list[list[HtmlCell]]
    headings: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()


MINUS_SIGN_PATTERN = re.compile(r"(?<![\w.])-(?=[\d.])")  # a hyphen that is a minus sign


def make_html_table(table: Table, extra: ExtraMaker = lambda *_: NO_EXTRA) -> HtmlTable:
    """Return the table for the page; ``extra`` gives what the page adds to a cell."""
    return HtmlTable(
        key=table.key,
        title=table.heading,
        columns=[table.head, *(format_head(column) for column in table.columns)],
        wordy=[True, *(column.form == "words" for column in table.columns)],
        better=["none", *(column.better for column in table.columns)],
        rows=[_make_row(row, table, extra) for row in table.rows],
        headings=_find_headings(table.rows),
        notes=table.notes,
    )


def _find_headings(rows: Sequence[Row]) -> list[str]:
    """Return the headings above rows, each where it begins; none where all rows have the same."""
    words = [row.heading or ROW_GROUPS.get(row.group, row.group) for row in rows]
    if len(set(words)) < 2:
        return [""] * len(words)
    return [word if word != last else "" for word, last in zip(words, [None, *words[:-1]], strict=True)]


def _make_row(row: Row, table: Table, extra: ExtraMaker) -> list[HtmlCell]:
    line = [HtmlCell(row.label)]
    for column, cell in zip(table.columns, row.cells, strict=True):
        key = repr(float(cell.mean)) if math.isfinite(cell.mean) and not cell.has_failed else ""
        text = format_cell(replace(cell, rank=""), column).replace("± ", "±\N{NO-BREAK SPACE}")
        text = MINUS_SIGN_PATTERN.sub("\N{MINUS SIGN}", text).replace(", ", ",\N{NO-BREAK SPACE}") if key else text
        line.append(HtmlCell(text, cell.best, key, cell.has_failed, cell.note, cell.rank, extra(row, column)))
    return line
