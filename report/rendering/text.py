"""How a cell and a head read, whatever they are printed in: the one place that knows decimals, ± and brackets."""

from __future__ import annotations

import math

from ..record import Cell, Column, Row

ARROWS = {"higher": "↑", "lower": "↓", "none": ""}

NO_NUMBER = "n/a"
"""What stands where there is no number."""


def head_text(column: Column) -> str:
    """Return a column's head: its label and an arrow to the better side.

    >>> head_text(Column("niqe", "NIQE", better="lower"))
    'NIQE ↓'
    """
    return f"{column.label} {ARROWS[column.better]}".strip()


def cell_text(cell: Cell, column: Column) -> str:
    """Return a cell as people read it.

    >>> cell_text(Cell(mean=0.51234, sd_images=0.1), Column("dice", "Dice", decimals=3))
    '0.512 ± 0.10'
    """
    if cell.failed:
        return cell.status.partition(":")[0]
    if cell.text or column.form == "words":
        return cell.text
    if not math.isfinite(cell.mean):
        return NO_NUMBER
    if column.form == "p":
        return "<0.001" if cell.mean < 0.001 else f"{cell.mean:.3f}"
    return f"{_mean(cell.mean, column)}{_spread(cell, column)}{_interval(cell, column)}"


def row_text(row: Row, table_columns: tuple[Column, ...]) -> list[str]:
    """Return a line: its label, then its cells."""
    return [row.label, *(cell_text(cell, column) for cell, column in zip(row.cells, table_columns, strict=True))]


MEAN_DIGITS, SPREAD_DIGITS = 3, 2
"""Significant digits of a mean and of a spread; a column's decimals are the most that is printed."""


def number_text(value: float, digits: int = MEAN_DIGITS, decimals: int = 4) -> str:
    """Return a number rounded to significant digits, whole numbers never; what rounds to zero has no sign.

    >>> number_text(0.80931), number_text(25.318), number_text(1234.5), number_text(-0.00001)
    ('0.809', '25.3', '1234', '0.000')
    """
    rounded = float(f"{value:.{digits - 1}e}")
    first = -1 if abs(rounded) < 10.0**-decimals else math.floor(math.log10(abs(rounded)))
    text = f"{value:.{min(decimals, max(digits - 1 - first, 0))}f}"
    return text.lstrip("-") if float(text) == 0 else text


def signed_text(value: float, decimals: int = 3) -> str:
    """Return a difference with its sign, as sentences and charts say it; what rounds to zero has none.

    >>> signed_text(0.0162), signed_text(-0.003), signed_text(-0.0001), signed_text(17.2, 0)
    ('+0.016', '−0.003', '0.000', '+17')
    """
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def _mean(value: float, column: Column) -> str:
    if column.form == "printed":
        return f"{value:.{column.decimals}f}"
    return number_text(value, MEAN_DIGITS, column.decimals)


def _spread(cell: Cell, column: Column) -> str:
    images = "" if math.isnan(cell.sd_images) else f" ± {_sd(cell.sd_images, column)}"
    seeds = "" if math.isnan(cell.sd_seeds) else f" ({_sd(cell.sd_seeds, column)})"
    return images + seeds


def _sd(value: float, column: Column) -> str:
    if column.form == "printed":
        return f"{value:.{column.decimals}f}"
    return number_text(value, SPREAD_DIGITS, column.decimals)


def _interval(cell: Cell, column: Column) -> str:
    if math.isnan(cell.low) or math.isnan(cell.high):
        return ""
    return f" [{_mean(cell.low, column)}, {_mean(cell.high, column)}]"
