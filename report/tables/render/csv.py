"""A table record as CSV: the full numbers behind it, or one line per cell."""

from __future__ import annotations

import pandas as pd

from ...analysis.numbers import NAN
from ..record import Table


def render_csv(table: Table) -> str:
    """Return the table's full data where it has any, else one line per cell, ten significant digits."""
    frame = make_cell_frame(table) if table.data is None else table.data
    return str(frame.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


CELL_FRAME_COLUMNS = [
    "row", "label", "metric", "better", "unit", "mean", "sd_images", "sd_seeds", "n", "missing", "seeds", "status",
    "group", "low", "high", "text", "note",
]  # fmt: skip

OPTIONAL_COLUMNS = ("low", "high", "text", "note")  # columns that only tables with such cells have


def make_cell_frame(table: Table) -> pd.DataFrame:
    """Return one line per cell, of the optional columns those with content."""
    lines = [
        (
            row.key, row.label, column.key, column.better, column.unit, cell.mean, cell.sd_images, cell.sd_seeds,
            cell.n, cell.missing, cell.seeds, cell.status, row.group, cell.low, cell.high, cell.text, cell.note,
        )
        for row, column, cell in table.cells()
    ]  # fmt: skip
    frame = pd.DataFrame(lines, columns=CELL_FRAME_COLUMNS)
    return frame.drop(columns=[name for name in OPTIONAL_COLUMNS if frame[name].isin(["", NAN]).all()])
