"""Compares each cell of a paper's tables with our value: the difference, and why it may differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from table_audit.printed_table import PrintedRow
from table_audit.quantity import find_quantity
from table_audit.table_file import Published

from .paper import our_row_id
from .statistics.crossed_effects import estimate_crossed
from .statistics.summary import iter_grids, keep_complete_images, list_subjects, summarise

PAPER_DELTA_COLUMNS = [
    "dataset", "preset", "table", "metric", "better", "printed_better", "method", "row",
    "theirs", "theirs_sd", "theirs_n", "theirs_low", "theirs_high",
    "ours", "ours_sd", "ours_n", "ours_seeds", "ours_low", "ours_high",
    "difference", "z", "audit", "reasons", "note",
]  # fmt: skip


def compare_with_paper(
    scores: pd.DataFrame,
    published: Published,
    verdicts: Mapping[tuple[str, str, str], str],
    clusters: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Set our results beside every cell of a paper's tables.

    Args:
        scores: Tidy scores: dataset, preset, method, variant, seed, image, metric, value, note.
        published: The paper's tables.
        verdicts: The audit's verdict on each printed cell, by table, quantity and method.
        clusters: The subject of each image.

    Returns:
        One line per data set, preset and printed cell. ``theirs_low/high``: 95 % by Student's t from the printed sd, n.
        ``ours``: the summary's mean, ``ours_sd`` over images, ``ours_low/high``: 95 %, over trainings and images
        crossed (images alone of one training). ``difference``: ours - theirs, ``z`` of it as if unpaired (NaN without
        both sds, or on other images than the paper's). ``audit``: the audit's verdict on the printed cell; ``reasons``:
        why the two may differ, where one is known; ``note``: why ours is missing.
    """
    lines = []
    for (dataset, preset), part in scores.groupby(["dataset", "preset"], sort=False):
        ours = _group_by_quantity(part)
        place = {"dataset": dataset, "preset": preset}
        for name, table in published.tables.items():
            for row in table.rows.values():
                for index, method in enumerate(table.methods):
                    line: dict[str, Any] = {**place, **_published_values(name, row, index, method)}
                    line |= _our_values(ours, published.ours[name].get(method), row.quantity.key, clusters)
                    line |= _compute_difference(line, same_images=dataset == published.paper.get("dataset"))
                    line["audit"] = verdicts[name, row.quantity.key, method]
                    line["reasons"] = "; ".join(_list_reasons(published, line, row))
                    lines.append(line)
    return pd.DataFrame(lines, columns=PAPER_DELTA_COLUMNS)


def _group_by_quantity(part: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Return by (row, quantity) the values as (images, seeds)."""
    found: dict[tuple[str, str], pd.DataFrame] = {}
    for (_, _, metric), rows in iter_grids(part):
        quantity = find_quantity(metric)
        if quantity is None:
            continue
        for row, values in rows.items():
            found.setdefault((row, quantity.key), values)
    return found


def _published_values(table: str, row: PrintedRow, index: int, method: str) -> dict[str, float | str]:
    # Imported late: only the tables compare, and the import takes half a second.
    from scipy import stats

    mean, sd, n = float(row.mean[index]), float(row.sd()[index]), float(row.n[index])
    half = stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n) if n > 1 else np.nan
    return {
        "table": table, "metric": row.label, "better": row.quantity.better, "printed_better": row.printed,
        "method": method, "theirs": mean, "theirs_sd": sd, "theirs_n": n,
        "theirs_low": mean - half, "theirs_high": mean + half,
    }  # fmt: skip


def _our_values(
    ours: Mapping[tuple[str, str], pd.DataFrame],
    mapping: Mapping[str, str] | None,
    quantity: str,
    clusters: Mapping[str, str] | None,
) -> dict[str, float | str]:
    nothing = dict.fromkeys(("ours", "ours_sd", "ours_low", "ours_high"), np.nan) | {"ours_n": 0, "ours_seeds": 0}
    if mapping is None:
        return nothing | {"row": "", "note": "none of our methods corresponds to it"}
    row = our_row_id(mapping)
    values = ours.get((row, quantity))
    if values is None:
        return nothing | {"row": row, "note": "not scored"}
    facts = summarise(values)
    if facts.n == 0:
        return nothing | {"row": row, "note": "undefined on every image under some seed"}
    kept = keep_complete_images(values)
    found = estimate_crossed(kept.to_numpy(dtype=float).T, list_subjects(kept.index, clusters))
    low, high = (found.low, found.high) if found.high > found.low else (np.nan, np.nan)
    return {
        "row": row, "ours": facts.mean, "ours_sd": facts.sd_images, "ours_n": facts.n, "ours_seeds": facts.seeds,
        "ours_low": low, "ours_high": high, "note": "",
    }  # fmt: skip


def _compute_difference(line: Mapping[str, float], *, same_images: bool) -> dict[str, float]:
    """Return ours - theirs, and its z where both are over the paper's images: others differ by more than chance."""
    difference = line["ours"] - line["theirs"]
    if not same_images:
        return {"difference": difference, "z": np.nan}
    if line["ours_n"] == 0:
        return {"difference": np.nan, "z": np.nan}
    error = np.sqrt(line["ours_sd"] ** 2 / line["ours_n"] + line["theirs_sd"] ** 2 / line["theirs_n"])
    return {"difference": difference, "z": difference / error if error > 0 else np.nan}


def _list_reasons(published: Published, line: Mapping[str, str], row: PrintedRow) -> list[str]:
    """Return the paper's known reasons whose conditions all hold, then what the audit says."""
    found = []
    for reason in published.reasons:
        wanted = {"table": line["table"], "method": line["method"], "metric": row.quantity.key}
        holds = all(reason.get(key, value) == value for key, value in wanted.items())
        if holds and line["preset"] != reason.get("unless_preset") and line["dataset"] != reason.get("unless_dataset"):
            found.append(reason["why"])
    if line["audit"] in ("impossible", "inconsistent"):
        found.append(f"the audit finds the printed cell {line['audit']}")
    return found
