"""The tables of the audit: the paper's tables, the paper's text, and our own tables by the same rules."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from table_audit.cell_verdicts import SEVERITY
from table_audit.claims import check_claims
from table_audit.metric_lines import MetricLine, lines_frame
from table_audit.rendering import claims_frame, overview

from ..analysis.audits import audit_own_scores, audit_paper
from ..analysis.paper import load_paper
from ..analysis.results import Results
from .measures import PAPER_TABLE_NUMBERS, format_table_name
from .record import Cell, Column, Row, Table, iter_lines

# Printed under the table; the published releases hold these words, and `reproduce-tables` compares them.
CITATION_NOTE = (
    "Consistency testing of reported scores was introduced by mlscorecheck (Kovács & Fazekas, arXiv 2310.12527); "
    "what this audit adds is explained in audit/README.md."
)

AUDIT_VERDICTS = tuple(reversed(SEVERITY))  # verdicts on a cell, from the worst to the mildest


def make_paper_audit_tables(results: Results) -> Iterator[Table]:
    """Yield the audit of the paper's tables and of its claims; nothing on images that the paper is not about."""
    if not results.vocabulary.paper_applies:
        return
    found = audit_paper()
    title = "Audit of the published tables: which cells can be true beside the others"
    notes = ("All reasons: audit_paper.csv, or the command audit.", CITATION_NOTE)
    columns = (Column("metric", "Measure", form="words"), *_make_verdict_columns())
    rows = tuple(
        Row(line.table, format_table_name(line.table), (Cell(line.metric), *_make_verdict_cells(line)))
        for line in iter_lines(overview(found.cells))
    )
    yield Table("audit_paper", title, columns, rows, head="Table", notes=notes, data=found.cells)
    yield from _make_reason_table(found.reasons)
    yield _make_claims_table(claims_frame(check_claims(load_paper())))


AUDIT_REASON_COLUMNS = (
    Column("method", "Method", form="words"),
    Column("printed", "Printed", form="printed"),
    Column("allows", "Allows", form="words"),
    Column("but", "But printed", form="words"),
    Column("fits", "What would fit", form="words"),
)


def _make_reason_table(found: Sequence[MetricLine]) -> Iterator[Table]:
    """Yield a line per cell that cannot be true beside the others: printed, what that allows, what would fit."""
    title = "Why a published cell cannot be true beside the others"
    notes = ("On what each line rests, and its proof: audit_reasons.csv.",)
    rows = tuple(_make_reason_row(line) for line in found)
    if rows:
        data = lines_frame(found)
        yield Table("audit_reasons", title, AUDIT_REASON_COLUMNS, rows, head="Measure", notes=notes, data=data)


def _make_reason_row(line: MetricLine) -> Row:
    cells = (
        Cell(line.method),
        Cell(mean=line.printed),
        Cell(f"{line.bounded} {line.side} {line.bound:.3f}"),
        Cell(f"{line.bounded} {line.bounded_printed:.3f}"),
        Cell(format_fitting_range(line)),
    )
    label = f"{line.metric} ({format_table_name(line.table)})"
    return Row(f"{line.table}:{line.metric}:{line.method}", label, cells)


def format_fitting_range(line: MetricLine) -> str:
    """Return which means would fit the other cells, in words."""
    if not math.isfinite(line.fits_low):
        return "no mean"
    another = " with another ±" if line.fits_low <= line.printed <= line.fits_high else ""
    return f"{line.fits_low:.3f} to {line.fits_high:.3f}{another}"


def _make_verdict_columns() -> tuple[Column, ...]:
    return tuple(Column(verdict, verdict.capitalize(), form="words") for verdict in AUDIT_VERDICTS)


def _make_verdict_cells(line: Any) -> tuple[Cell, ...]:
    return tuple(Cell(getattr(line, verdict)) for verdict in AUDIT_VERDICTS)


def _make_claims_table(claims: pd.DataFrame) -> Table:
    columns = (Column("verdict", "Verdict", form="words"), Column("detail", "Why", form="words"))
    shown = iter_lines(claims[claims["about"] == "results"])
    rows = tuple(Row(line.kind, line.quote, (Cell(line.verdict), Cell(_name_tables(line.detail)))) for line in shown)
    return Table("audit_claims", "Audit of what the paper's text says", columns, rows, head="Claim", data=claims)


def _name_tables(text: str) -> str:
    """Return a text with the names of tables in place of their keys."""
    for key in PAPER_TABLE_NUMBERS:
        text = text.replace(key, format_table_name(key))
    return text


def make_own_audit_table(results: Results) -> Iterator[Table]:
    """Yield the audit of our own means and sds."""
    cells = audit_own_scores(results.scores)
    if cells.empty:
        return
    measures = {name: measure.label for name, measure in results.measures.items()}
    named = cells.assign(metric=cells["metric"].map(measures), method=cells["method"].map(results.labels))
    rows = tuple(Row(line.metric, line.metric, _make_verdict_cells(line)) for line in iter_lines(overview(named)))
    bad = named[named["verdict"].isin(["impossible", "inconsistent"])]
    found = tuple(f"{line.metric} of {line.method}: {line.verdict}: {line.reason}" for line in iter_lines(bad))
    notes = found or ("No cell is impossible or inconsistent.",)
    title = "Audit of our own tables, by the same rules"
    yield Table("audit_own", title, _make_verdict_columns(), rows, head="Measure", notes=notes, data=cells)
