"""Audits our own tables by the same rules, from the means and sds of ``scores.csv``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from table_audit.cell_verdicts import COLUMNS, audit
from table_audit.printed_table import PrintedRow, PrintedTable
from table_audit.quantity import find_quantity

from .paper import UNTOUCHED_ROW
from .statistics import iter_grids, summarise

# Half-width of a cell that was not rounded for print: published scores have eight significant digits.
SCORE_HALF_WIDTH = 1e-8


def audit_frame(frame: pd.DataFrame, name: str, baseline: str) -> pd.DataFrame:
    """Audit a long table of scores, whose shares of positive pixels are unknown.

    Args:
        frame: Columns ``method``, ``metric``, ``mean``, ``sd``, ``n``; one line per cell. Metrics the rules do not know
            are left out.
        name: Name of the table.
        baseline: The row of the untouched input, if the table has it.

    Returns:
        One line per cell, columns as :data:`~table_audit.cell_verdicts.COLUMNS`.
    """
    methods = tuple(dict.fromkeys(frame["method"]))
    size = np.full(len(methods), SCORE_HALF_WIDTH)
    rows = {}
    for metric, lines in frame.groupby("metric", sort=False):
        quantity = find_quantity(str(metric))
        if quantity is None or quantity.key in rows:
            continue
        cells = lines.set_index("method")[["mean", "sd", "n"]].reindex(methods).astype(float)
        rows[quantity.key] = PrintedRow(
            quantity, cells["mean"].to_numpy(), size, cells["sd"].to_numpy(), size, cells["n"].to_numpy(),
            "sd", quantity.better, str(metric),
        )  # fmt: skip
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    base = baseline if baseline in methods else None
    lowest, highest = np.zeros(len(methods)), np.ones(len(methods))
    return audit(PrintedTable(name, methods, rows, lowest, highest, baseline=base), joint=False).frame()


def audit_own_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Audit the means and sds of our own scores, one table per data set and preset.

    A cell is the summary's mean, as exact as the scores, with the sd over all its (seed, image) values: the rules hold
    for binary maps, and each (seed, image) pair has its map. Cells of one method whose n differ (a metric undefined
    on some images) describe different images: no rule between them applies.

    Args:
        scores: Tidy scores: dataset, preset, method, variant, seed, image, metric, value, note.

    Returns:
        One line per cell, columns as :data:`~table_audit.cell_verdicts.COLUMNS`; ``table`` is ``<dataset>/<preset>``.
    """
    cells: dict[str, list[dict[str, object]]] = {}
    known = {name for name in scores["metric"].unique() if find_quantity(str(name)) is not None}
    for (dataset, preset, metric), rows in iter_grids(scores[scores["metric"].isin(known)]):
        for row, values in rows.items():
            facts = summarise(values)
            if facts.n:
                sd = facts.sd_values if np.isfinite(facts.sd_values) else 0.0
                line = {"method": row, "metric": metric, "mean": facts.mean, "sd": sd, "n": facts.n * facts.seeds}
                cells.setdefault(f"{dataset}/{preset}", []).append(line)
    parts = [audit_frame(pd.DataFrame(lines), name, UNTOUCHED_ROW) for name, lines in sorted(cells.items())]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
