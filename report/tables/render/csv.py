"""A table record as CSV: the full numbers behind it, or one line per cell."""

from __future__ import annotations

import pandas as pd

from ..record import Table


def render_csv(table: Table) -> str:
    """Return the table's full data where it has any, else one line per numeric cell, ten significant digits."""
    frame = make_cell_frame(table) if table.data is None else table.data
    return str(frame.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


CELL_FRAME_COLUMNS = [
    "row", "label", "metric", "better", "unit", "mean", "sd_images", "sd_seeds", "n", "missing", "seeds", "status",
    "group",
]  # fmt: skip
"""Columns of :func:`make_cell_frame`."""


def make_cell_frame(table: Table) -> pd.DataFrame:
    """Return one line per cell, with the columns :data:`SCORE_COLUMNS`."""
    lines = [
        (
            row.key, row.label, column.key, column.better, column.unit, cell.mean, cell.sd_images, cell.sd_seeds,
            cell.n, cell.missing, cell.seeds, cell.status, row.group,
        )
        for row, column, cell in table.cells()
    ]  # fmt: skip
    return pd.DataFrame(lines, columns=CELL_FRAME_COLUMNS)
