"""The table that compares our values with the paper's, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ..analysis.audits import audit_paper
from ..analysis.paper import load_paper
from ..analysis.paper_comparison import compare_with_paper
from ..analysis.results import Results
from .measures import format_table_name
from .record import Cell, Column, Row, Table, iter_lines

REPRODUCTION_COLUMNS = (
    Column("table", "Printed in", form="words"),
    Column("method", "Method", form="words"),
    Column("theirs", "Paper: mean ± sd", form="printed"),
    Column("ours", "Ours: mean [95 % CI]"),
    Column("difference", "Difference"),
    Column("z", "z", decimals=1),
    Column("audit", "Audit", form="words"),
)


def make_reproduction_table(results: Results) -> Iterator[Table]:
    """Yield the table; nothing on images that the paper is not about."""
    if not results.vocabulary.paper_applies:
        return
    frame = compare_with_paper(results.scores, load_paper(), audit_paper().verdicts, results.clusters)
    rows = tuple(
        Row(
            line.metric,
            line.metric,
            (
                Cell(format_table_name(line.table)),
                Cell(line.method),
                Cell(mean=line.theirs, sd_images=line.theirs_sd, n=int(line.theirs_n)),
                _make_our_cell(line),
                Cell(mean=line.difference),
                Cell(mean=line.z),
                Cell(line.audit),
            ),
        )
        for line in iter_lines(frame)
    )
    absent = frame.loc[frame["ours_n"] == 0, "note"].value_counts(sort=False)
    notes = (
        *(f"{count} cells of ours have no number: {why}." for why, count in absent.items()),
        *(f"Known reason: {why}." for why in _list_reasons(frame)),
        "Reasons cell by cell: paper_delta.csv.",
    )
    title = "Our results beside the published cells"
    yield Table("paper_delta", title, REPRODUCTION_COLUMNS, rows, head="Measure", notes=notes, data=frame)


def _make_our_cell(line: Any) -> Cell:
    if not line.ours_n:
        return Cell(note=line.note)
    return Cell(mean=line.ours, low=line.ours_low, high=line.ours_high, n=int(line.ours_n), seeds=int(line.ours_seeds))


def _list_reasons(frame: pd.DataFrame) -> Sequence[str]:
    found = {why: None for text in frame["reasons"] for why in text.split("; ") if why and "the audit" not in why}
    return list(found)
