"""Formats cells and heads as text for every rendering: decimals, ± and brackets."""

from __future__ import annotations

import math

from ...analysis.numbers import MEAN_DIGITS, format_number
from ..record import Cell, Column, Row

DIRECTION_ARROWS = {"higher": "↑", "lower": "↓", "none": ""}

NO_NUMBER = "n/a"  # printed in place of a missing number


def format_head(column: Column) -> str:
    """Return a column's head: its label and an arrow to the better side.

    >>> format_head(Column("niqe", "NIQE", better="lower"))
    'NIQE ↓'
    """
    return f"{column.label} {DIRECTION_ARROWS[column.better]}".strip()


def format_cell(cell: Cell, column: Column) -> str:
    """Return a cell as people read it.

    >>> format_cell(Cell(mean=0.51234, sd_images=0.1), Column("dice", "Dice", decimals=3))
    '0.512 ± 0.10'
    """
    if cell.has_failed:
        return cell.status.partition(":")[0]
    if cell.text or column.form == "words":
        return cell.text
    if not math.isfinite(cell.mean):
        return NO_NUMBER
    if column.form == "p":
        return "<0.001" if cell.mean < 0.001 else f"{cell.mean:.3f}"
    rank = f" #{cell.rank}" if cell.rank else ""
    mean = _format_number(cell.mean, column, MEAN_DIGITS)
    return f"{mean}{_format_spread(cell, column)}{_format_interval(cell, column)}{rank}"


def format_row(row: Row, table_columns: tuple[Column, ...]) -> list[str]:
    """Return a line: its label, then its cells."""
    return [row.label, *(format_cell(cell, column) for cell, column in zip(row.cells, table_columns, strict=True))]


# Significant digits; a column's decimals are the most that is printed.
SPREAD_DIGITS = 2


def _format_number(value: float, column: Column, digits: int) -> str:
    if column.form == "printed":
        return f"{value:.{column.decimals}f}"
    return format_number(value, digits, column.decimals)


def _format_spread(cell: Cell, column: Column) -> str:
    images = "" if math.isnan(cell.sd_images) else f" ± {_format_number(cell.sd_images, column, SPREAD_DIGITS)}"
    seeds = "" if math.isnan(cell.sd_seeds) else f" ({_format_number(cell.sd_seeds, column, SPREAD_DIGITS)})"
    return images + seeds


def _format_interval(cell: Cell, column: Column) -> str:
    if math.isnan(cell.low) or math.isnan(cell.high):
        return ""
    low, high = (_format_number(end, column, MEAN_DIGITS) for end in (cell.low, cell.high))
    return f" [{low}, {high}]"
