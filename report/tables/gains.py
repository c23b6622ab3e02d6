"""The primary analysis as a table, and every comparison behind the tables of measures."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from ..analysis.primary_rows import analyse_primary
from ..analysis.results import Results
from ..analysis.statistics import describe_replication
from .record import Cell, Column, Row, Table

TEST_COLUMN_KEYS = ("gain_p", "verdict", "rival_p", "rival_verdict")
"""Columns that only a tested run has."""


def _list_columns(noun: str) -> tuple[Column, ...]:
    """Return the columns; ``noun`` is the word for the structure."""
    return (
        Column("mean", "Dice", better="higher", decimals=3),
        Column("gain", "Gain [95 % CI]", better="higher", decimals=3),
        Column("low_gain", "Gain, segmenter trained on LQ images [95 % CI]", better="higher", decimals=3),
        Column("gain_p", "p (Holm)", form="p"),
        Column("verdict", "Verdict", form="words"),
        Column("closed", "Gap closed", "%", "higher", decimals=0),
        Column("lost", f"{noun.capitalize()} lost", "%", "lower", decimals=1),
        Column("invented", f"{noun.capitalize()} invented", "%", "lower", decimals=1),
        Column("excess", "beyond the clean image's", "%", "lower", decimals=1),
        Column("rival", "Over the best trivial row [95 % CI]", better="higher", decimals=3),
        Column("rival_p", "p (Holm)", form="p"),
        Column("rival_verdict", "Verdict", form="words"),
    )


def make_gains_table(results: Results) -> Iterator[Table]:
    """Yield the gain in the primary measure of every row; nothing without a primary analysis."""
    found = analyse_primary(results)
    if not found.is_available:
        return
    known = _list_columns(results.vocabulary.noun)
    absent = (() if found.tested else TEST_COLUMN_KEYS) + (() if found.has_low_segmenter else ("low_gain",))
    columns = tuple(column for column in known if column.key not in absent)
    rows = tuple(Row(row.key, row.label, _make_cells(row, columns), row.group, row.heading) for row in found.rows)
    title = f"Gain in {found.label} over the untouched image"
    yield Table("gains", title, columns, rows, notes=tuple(_make_notes(found)))


def _make_cells(row: PrimaryRow, columns: tuple[Column, ...]) -> tuple[Cell, ...]:
    cells = {
        "mean": Cell(mean=row.mean),
        **_make_gain_cells("gain", "gain_p", "verdict", row.gain),
        "low_gain": make_gain_cell(row.low_gain),
        "closed": Cell(mean=100 * row.gap_closed),
        "lost": Cell(mean=row.lost),
        "invented": Cell(mean=row.invented),
        "excess": Cell(mean=row.excess),
        **_make_gain_cells("rival", "rival_p", "rival_verdict", row.vs_best_trivial),
    }
    if row.status != "done":
        return tuple(Cell(status=row.status) for _ in columns)
    return tuple(cells[column.key] for column in columns)


def make_gain_cell(gain: Gain | None) -> Cell:
    """Return a gain with its interval; an empty cell where it is unknown."""
    if gain is None:
        return Cell()
    return Cell(mean=gain.mean, low=gain.low, high=gain.high, n=gain.images, seeds=gain.trainings, note=gain.note)


def _make_gain_cells(number: str, p: str, verdict: str, gain: Gain | None) -> dict[str, Cell]:
    if gain is None:
        return {number: Cell(), p: Cell(), verdict: Cell()}
    return {number: make_gain_cell(gain), p: Cell(mean=gain.p), verdict: Cell(gain.verdict)}


def _make_notes(found: PrimaryAnalysis) -> Iterator[str]:
    yield found.headline
    rival = found.find_row(found.rival)
    if rival is not None:
        yield (
            f"Best trivial row: {rival.label}, that with the highest mean {found.label} on these images; "
            "so chosen, it is favoured, not the methods."
        )
    yield describe_replication(found.trainings)
    if found.ceiling:
        yield "Gap closed: the gain as a share of that of the clean image, which no method sees and no test includes."
    yield from found.caveats
