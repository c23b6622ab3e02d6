"""The primary analysis as a table, and every comparison behind the tables of measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..analysis.numbers import NAN
from ..analysis.paper import ORACLE_GROUP
from ..analysis.primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from ..analysis.primary_rows import analyse_primary
from ..analysis.results import Results
from ..analysis.statistics.paired_tests import describe_replication
from .record import Cell, Column, Row, Table

TEST_COLUMN_KEYS = ("gain_p", "verdict", "rival_p", "rival_verdict")  # columns that only a tested run has

GAIN_COLUMN_KEYS = ("gain", "low_gain", "rival")  # columns whose empty cells a note explains


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
    rows = tuple(
        Row(row.key, row.label, _make_cells(row, found, results, columns), row.group, row.heading) for row in found.rows
    )
    title = f"Gain in {found.label} over the untouched image"
    table = Table("gains", title, columns, rows)
    yield replace(table, notes=(*_make_notes(found), *explain_gaps(table)))


def _make_cells(
    row: PrimaryRow, found: PrimaryAnalysis, results: Results, columns: tuple[Column, ...]
) -> tuple[Cell, ...]:
    if row.status != "done":
        return tuple(Cell(status=row.status) for _ in columns)
    gain = make_gain_cell(row.gain, explain_no_gain(row, found, results))
    rival = make_gain_cell(row.vs_best_trivial, _explain_no_rival(row, found, results))
    cells = {
        "mean": make_mean_cell(results, row.key, found.measure),
        "gain": gain,
        **_make_test_cells("gain_p", "verdict", row.gain, gain),
        "low_gain": make_gain_cell(row.low_gain, explain_no_gain(row, found, results)),
        "closed": replace(gain, mean=100 * row.gap_closed, low=NAN, high=NAN),
        "lost": make_mean_cell(results, row.key, "lost"),
        "invented": make_mean_cell(results, row.key, "hallucinated"),
        "excess": replace(make_mean_cell(results, row.key, "hallucinated"), mean=row.excess),
        "rival": rival,
        **_make_test_cells("rival_p", "rival_verdict", row.vs_best_trivial, rival),
    }
    return tuple(cells[column.key] for column in columns)


def make_mean_cell(results: Results, row: str, measure: str) -> Cell:
    """Return a row's mean of a measure without its spread."""
    facts = results.summary(row, measure)
    return Cell(mean=facts.mean, n=facts.n, missing=facts.missing, seeds=facts.seeds)


def make_gain_cell(gain: Gain | None, absent: str) -> Cell:
    """Return a gain with its interval; an empty cell with the reason ``absent`` where there is none."""
    if gain is None:
        return Cell(note=absent)
    return Cell(mean=gain.mean, low=gain.low, high=gain.high, n=gain.images, seeds=gain.trainings, note=gain.note)


def _make_test_cells(p: str, verdict: str, gain: Gain | None, cell: Cell) -> dict[str, Cell]:
    """Return p-value and verdict, with images, trainings and note of the gain's own cell."""
    counted = replace(cell, mean=NAN, low=NAN, high=NAN)
    if gain is None:
        return {p: counted, verdict: counted}
    return {p: replace(counted, mean=gain.p), verdict: replace(counted, text=gain.verdict)}


def explain_no_gain(row: PrimaryRow, found: PrimaryAnalysis, results: Results) -> str:
    """Return why a row has no gain over the untouched image."""
    if row.key == found.reference:
        return "gains are measured from this row"
    if row.group != ORACLE_GROUP and row.key not in {one.id for one in results.tested_rows}:
        return "variants outside the ablation are not compared"
    return "no image has a value in this row and in the one that it is compared with"


def _explain_no_rival(row: PrimaryRow, found: PrimaryAnalysis, results: Results) -> str:
    reasons = (
        (not found.rival, "the run has no trivial row"),
        (row.key == found.reference, "the untouched image is not compared with trivial rows"),
        (row.key == found.rival, "this row is the best trivial row"),
        (row.group == ORACLE_GROUP, "the truth is not compared with trivial rows"),
    )
    return next((text for applies, text in reasons if applies), explain_no_gain(row, found, results))


def explain_gaps(table: Table) -> Iterator[str]:
    """Yield why cells of gains are empty, one note for each reason and column."""
    found: dict[tuple[str, str], list[str]] = {}
    for row, column, cell in table.cells():
        if column.key in GAIN_COLUMN_KEYS and not cell.has_failed and cell.n == 0:
            found.setdefault((column.label, cell.note), []).append(row.label)
    for (label, reason), rows in found.items():
        yield f"{label}: n/a for {', '.join(rows)}: {reason}."


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
