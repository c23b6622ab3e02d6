"""The order of the methods over several data sets: mean rank, wins, and how much the data sets agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from ..analysis.paper import ORACLE_GROUP
from ..analysis.results import MethodRow, Results
from ..tables.measures import make_summary_cell
from ..tables.record import Cell, Column, Row, Table

ORDER_MEASURE = "dice"  # the measure that methods are ordered by


def make_mean_cells(results: Results) -> dict[str, Cell]:
    """Return the summary of every finished row in Dice, as cells."""
    done = {row: found for (row, name), found in results.summaries.items() if name == ORDER_MEASURE}
    return {row: make_summary_cell("done", found) for row, found in done.items()}


def make_order_table(several: Mapping[str, Results]) -> Table:
    """Return Dice per data set, mean rank (1 is best) and wins; no row of a known truth is ranked."""
    cells = {name: make_mean_cells(results) for name, results in several.items()}
    rows = _find_common_rows(several, cells)
    ranked = [row for row in rows if row.group != ORACLE_GROUP]
    grid = pd.DataFrame({name: {row.id: found[row.id].mean for row in ranked} for name, found in cells.items()})
    ranks = grid.rank(ascending=False)
    best = grid.max()
    lines = []
    for row in rows:
        summaries = {name: found[row.id] for name, found in cells.items()}
        own = [replace(cell, best=bool(row in ranked and cell.mean == best[name])) for name, cell in summaries.items()]
        last = [Cell(text="not ranked")] * 2
        if row in ranked:
            own_ranks = ranks.loc[row.id].to_numpy()
            wins = int((own_ranks == 1).sum())
            last = [Cell(mean=float(own_ranks.mean()), n=len(cells)), Cell(mean=wins, n=len(cells))]
        lines.append(Row(row.id, row.label, (*own, *last), row.runs[0].heading))
    columns = [Column(f"dice:{name}", name, better="higher") for name in cells]
    more = [Column("mean_rank", "Mean rank", better="lower", decimals=2), Column("wins", "Wins", decimals=0)]
    wins_note = f"Wins: data sets, of {len(cells)}, on which the row has the highest mean Dice."
    title = "Dice over the data sets, and how stable the order of the rows is"
    return Table("order", title, (*columns, *more), tuple(lines), notes=(_describe_agreement(ranks), wins_note))


def _find_common_rows(several: Mapping[str, Results], cells: Mapping[str, Mapping[str, Cell]]) -> list[MethodRow]:
    """Return the rows that have a mean on every data set."""
    first = next(iter(several.values()))
    known = [{row for row, cell in found.items() if np.isfinite(cell.mean)} for found in cells.values()]
    return [row for row in first.rows if row.id in set.intersection(*known)]


def _describe_agreement(ranks: pd.DataFrame) -> str:
    rows, sets = ranks.shape
    if rows < 2 or sets < 2:
        return "One data set or one row has no order to be stable."
    w = kendall_w(ranks.to_numpy())
    return f"Agreement of the {sets} data sets on the order of {rows} rows: Kendall's W = {w:.2f} (1: the same order)."


def kendall_w(ranks: np.ndarray) -> float:
    """Return Kendall's coefficient of concordance of (rows, judges) ranks, without a correction for ties.

    >>> kendall_w(np.array([[1, 1], [2, 2], [3, 3]]))
    1.0
    >>> kendall_w(np.array([[1, 3], [2, 2], [3, 1]]))
    0.0
    """
    count, judges = ranks.shape
    sums = ranks.sum(axis=1)
    squares = float(((sums - sums.mean()) ** 2).sum())
    return 12 * squares / (judges**2 * (count**3 - count))
