"""The table record: numeric cells computed once; every file, page and terminal print is a rendering of it.

A maker (``report/tables``) returns records; ``report/tables/render`` writes each as JSON and renders it. The page and
terminal read the JSON back with :func:`read_table` and never a rendering.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ..analysis.json_records import read_parsed
from ..analysis.numbers import NAN

# What a column holds: numbers, numbers as another printed them (all decimals), words, or p-values.
ColumnForm = Literal["number", "printed", "words", "p"]

BetterDirection = Literal["higher", "lower", "none"]


@dataclass(frozen=True)
class Cell:
    """A cell: numbers, or words, or the reason why it has neither.

    Attributes:
        text: Words, in a column of words or in place of a number (``all 6``, ``not scored``); empty for numbers.
        sd_images: Standard deviation over images of seed means; NaN if undefined.
        sd_seeds: Standard deviation over seeds of image means; NaN with one seed.
        low: Lower end of the 95 % interval; NaN without one.
        n: Images behind the number.
        missing: Images left out because their value is undefined under some seed.
        status: ``done``, or how the run ended and why (``diverged: the loss became NaN``).
        note: What readers must know about this number.
        best: Whether no ranked row is shown to be better in its column.
        rank: The 95 % interval of its rank and the letters of its ties, as text; empty without a test.
    """

    text: str = ""
    mean: float = NAN
    sd_images: float = NAN
    sd_seeds: float = NAN
    low: float = NAN
    high: float = NAN
    n: int = 0
    missing: int = 0
    seeds: int = 0
    status: str = "done"
    note: str = ""
    best: bool = False
    rank: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the row it belongs to has no result."""
        return self.status != "done"


@dataclass(frozen=True)
class Column:
    """A column of cells.

    Attributes:
        key: What the numbers are in files, e.g. ``avg_gradient``.
        label: What people read, e.g. ``AvG``.
        decimals: The most decimals that are printed (digits: ``render/text.py``).
        form: Numbers, printed numbers, words or p-values.
    """

    key: str
    label: str
    unit: str = ""
    better: BetterDirection = "none"
    decimals: int = 4
    form: ColumnForm = "number"


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        key: What the line is in files, e.g. ``sspnet+gan``.
        group: What kind of row it is (``untouched``, ``trivial``, ``paper`` ...), empty where rows have no kinds.
        heading: The words over the rows of its kind, printed once; empty where rows have no kinds.
    """

    key: str
    label: str
    cells: tuple[Cell, ...]
    group: str = ""
    heading: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        key: File name without ending.
        title: Caption in words, without its number.
        head: Head of the column of row labels.
        number: Its number in the paper, None for a table that the paper does not have.
        notes: Lines below the table.
        data: The full numbers behind it where they are more than the cells, for CSV only: it is not part of the JSON.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    head: str = "Method"
    number: int | None = None
    notes: tuple[str, ...] = ()
    data: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def heading(self) -> str:
        """The title with its number, for everything but LaTeX, which numbers by itself."""
        return self.title if self.number is None else f"Table {self.number}. {self.title}"

    def cells(self) -> Iterator[tuple[Row, Column, Cell]]:
        """Yield every cell with its row and column."""
        for row in self.rows:
            for column, cell in zip(self.columns, row.cells, strict=True):
                yield row, column, cell

    def iter_sections(self) -> Iterator[tuple[str, tuple[Row, ...]]]:
        """Yield runs of rows under one heading; headings are empty where the rows are all of one kind."""
        runs = [(heading, tuple(rows)) for heading, rows in groupby(self.rows, key=lambda row: row.heading)]
        for heading, rows in runs:
            yield (heading if len(runs) > 1 else "", rows)


def iter_lines(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the lines of a frame with its columns as attributes, which hold what the maker of the frame promises."""
    yield from frame.itertuples(index=False)


def describe_units(columns: Iterable[Column]) -> Iterator[str]:
    """Yield the units of columns, one line; nothing where none has a unit."""
    units = [f"{column.label} in {column.unit}" for column in columns if column.unit]
    if units:
        yield f"Units: {', '.join(units)}."


def table_to_json(table: Table) -> dict[str, Any]:
    """Return the record as plain JSON; what has its default value is left out, and so is ``data``."""
    return {
        **_to_plain(table, leave_out=("columns", "rows", "data")),
        "columns": [_to_plain(column) for column in table.columns],
        "rows": [
            {**_to_plain(row, leave_out=("cells",)), "cells": [_to_plain(cell) for cell in row.cells]}
            for row in table.rows
        ],
    }


def _to_plain(part: Table | Column | Row | Cell, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    found = {}
    for item in fields(part):
        value = getattr(part, item.name)
        absent = isinstance(value, float) and not math.isfinite(value)
        if item.name not in leave_out and not absent and value != item.default:
            found[item.name] = list(value) if isinstance(value, tuple) else value
    return found


def table_from_json(content: Mapping[str, Any]) -> Table:
    """Return the record that :func:`table_to_json` made plain."""
    columns = tuple(Column(**column) for column in content["columns"])
    rows = tuple(Row(**{**row, "cells": tuple(Cell(**cell) for cell in row["cells"])}) for row in content["rows"])
    return Table(**{**content, "columns": columns, "rows": rows, "notes": tuple(content.get("notes", ()))})


def read_table(path: Path) -> Table:
    """Read a record from its JSON file.

    Raises:
        UserError: the file is missing or was not written by this version.
    """
    return read_parsed(path, table_from_json, "A table cannot be read", "make the tables again: report tables")
