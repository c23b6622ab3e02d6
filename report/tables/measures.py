"""The tables of measures: mean and spreads of every measure (columns) for every method (rows)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from sspbench.contract import Measure
from sspbench.jobs.outcome import NOT_APPLICABLE

from ..analysis.paper import ORACLE_GROUP
from ..analysis.primary_analysis import PrimaryAnalysis
from ..analysis.primary_rows import analyse_primary
from ..analysis.results import MethodRow, Results
from ..analysis.row_ranks import describe_ranks, rank_table_rows
from ..analysis.statistics.crossed_effects import MIN_TRAININGS
from ..analysis.statistics.rank_intervals import RowRank
from ..analysis.statistics.summary import Summary
from .gains import explain_gaps, explain_no_gain, make_gain_cell
from .record import Cell, Column, Row, Table, describe_units

# Tables that the paper has, and their numbers there.
PAPER_TABLE_NUMBERS = {"table1_quality": 1, "table2_segmentation": 2, "table3_ablation": 3}

# Measures of Table 3 that the paper's lacks: without them it shows what looks good, not what is true.
EXTRA_ABLATION_MEASURES = ("dice", "hallucinated")

NO_SEGMENTER_REASON = "no HQ training image has a label (trainB_labels), so no segmenter could be trained"
NO_RANKS = f"No bold and no ranks: the test needs {MIN_TRAININGS} trainings per method."
# Printed below the morphometry of images without a scale.
IN_PIXELS = (
    "In pixels: the size of a pixel is unknown, so 1 pixel counts as 1 µm here. "
    "Give it: dataset_options={um_per_px: N}."
)


def format_table_name(key: str) -> str:
    """Return the name of one of the paper's tables.

    >>> format_table_name("table2_segmentation")
    'Table 2'
    """
    return f"Table {PAPER_TABLE_NUMBERS[key]}" if key in PAPER_TABLE_NUMBERS else key.replace("_", " ")


def make_measure_column(measure: Measure) -> Column:
    """Return a measure's column."""
    return Column(measure.name, measure.label, measure.unit, measure.better, measure.decimals)


def make_measure_table(
    results: Results, key: str, title: str, rows: Sequence[MethodRow], measures: Sequence[Measure]
) -> Table:
    """Return a table of measures by methods, the best of each column marked."""
    ranks = {measure.name: rank_table_rows(results, rows, measure.name) for measure in measures}
    lines = tuple(_make_row(results, row, measures, ranks) for row in rows)
    columns = tuple(make_measure_column(measure) for measure in measures)
    table = Table(key, title, columns, lines, number=PAPER_TABLE_NUMBERS.get(key))
    return replace(table, notes=tuple(_make_notes(results, table, max(ranks.values(), key=len, default={}))))


def _make_row(
    results: Results, row: MethodRow, measures: Sequence[Measure], ranks: Mapping[str, Mapping[str, RowRank]]
) -> Row:
    notes = results.notes(row)
    label = f"{row.label} ({'; '.join(notes)})" if notes else row.label
    cells = tuple(_make_cell(results, row, measure, ranks[measure.name].get(row.id)) for measure in measures)
    return Row(row.id, label, cells, row.group, row.heading)


def _make_cell(results: Results, row: MethodRow, measure: Measure, rank: RowRank | None) -> Cell:
    cell = make_summary_cell(results.status_text(row), results.summary(row.id, measure.name))
    if cell.has_failed or rank is None:
        return cell
    return replace(cell, best=rank.low == 1, rank=rank.text)


def make_summary_cell(status: str, facts: Summary) -> Cell:
    """Return the cell of a row's summary, or how the row ended where it is not done."""
    if status != "done":
        return Cell(status=status)
    return Cell(
        mean=facts.mean, sd_images=facts.sd_images, sd_seeds=facts.sd_seeds,
        n=facts.n, missing=facts.missing, seeds=facts.seeds,
    )  # fmt: skip


def _make_notes(results: Results, table: Table, ranks: Mapping[str, RowRank]) -> Iterator[str]:
    done = [(row, column, cell) for row, column, cell in table.cells() if not cell.has_failed]
    counts, seeds = sorted({cell.n for _, _, cell in done}), max((cell.seeds for _, _, cell in done), default=0)
    span = "–".join(str(count) for count in dict.fromkeys([*counts[:1], *counts[-1:]]))
    yield f"Mean ± standard deviation over n = {span} test images."
    known = any(row.group == ORACLE_GROUP for row in table.rows)
    aside = " The known truth, which no method sees, has no rank." if known else ""
    yield describe_ranks(ranks) + aside if ranks else NO_RANKS
    if seeds > 1:
        yield f"Over {seeds} seeds: the sd after ± is over images (of seed means), that in brackets over seeds."
    yield from describe_units(table.columns)
    for row in table.rows:
        if row.cells and row.cells[0].has_failed:
            yield f"{row.label}: {row.cells[0].status}"
    yield from _describe_missing(results, done)


def _describe_missing(results: Results, done: Sequence[tuple[Row, Column, Cell]]) -> Iterator[str]:
    """Yield notes on values left out of the means, one note for all rows with the same omission."""
    found: dict[str, list[str]] = {}
    shown = {row.key for row, _, _ in done}
    for row, column, cell in done:
        if cell.missing:
            under = " under some seed" if cell.seeds > 1 else ""
            said = f"{column.label} undefined{under} for {cell.missing} of {cell.n + cell.missing} images, left out"
            found.setdefault(said + _find_only_reason(results, column.key), []).append(row.label)
    for said, rows in found.items():
        yield f"{said}: {'all rows' if len(rows) == len(shown) > 1 else ', '.join(rows)}."


def _find_only_reason(results: Results, measure: str) -> str:
    """Return why values of a measure are undefined, in brackets; empty where there is more than one reason."""
    scores = results.scores[results.scores["metric"] == measure]
    reasons = scores.loc[scores["value"].isna(), "note"].dropna().unique()
    return f" ({reasons[0]})" if len(reasons) == 1 else ""


def _make_maker(key: str, title: str, kind: str) -> Callable[[Results], Iterator[Table]]:
    def make(results: Results) -> Iterator[Table]:
        measures = results.measures_in_table(kind)
        if measures:
            table = make_measure_table(results, key, title, results.rows_in_table(kind), measures)
            is_unknown = kind == "morphometry" and not results.is_scale_known
            yield replace(table, notes=(IN_PIXELS, *table.notes)) if is_unknown else table

    return make


def _make_segmentation_table(results: Results) -> Iterator[Table]:
    """Yield Table 2; if nothing could be segmented, its cells say why."""
    key, kind = "table2_segmentation", "segmentation"
    title = "Segmentation of the enhanced test images against the labels"
    if results.plan.is_segmented:
        yield from (_add_low_gains(results, table) for table in _make_maker(key, title, kind)(results))
        return
    measures = [measure for measure in results.measures.values() if measure.table == kind]
    cells = tuple(Cell(status=f"{NOT_APPLICABLE}: {NO_SEGMENTER_REASON}") for _ in measures)
    rows = tuple(Row(row.id, row.label, cells, row.group, row.heading) for row in results.rows_in_table(kind))
    columns = tuple(make_measure_column(measure) for measure in measures)
    notes = (f"Not applicable: {NO_SEGMENTER_REASON}.",)
    yield Table(key, title, columns, rows, number=PAPER_TABLE_NUMBERS[key], notes=notes)


# Columns of Table 2 where a segmenter trained on LQ images is the control.
LOW_COLUMNS = (
    Column("gain", "Gain in Dice [95 % CI]", better="higher", decimals=3),
    Column("low_gain", "the same, segmenter trained on LQ images", better="higher", decimals=3),
)


def _add_low_gains(results: Results, table: Table) -> Table:
    """Return Table 2 with the gain under both segmenters; as it is without the control."""
    found = analyse_primary(results)
    if not found.has_low_segmenter:
        return table
    rows = tuple(replace(row, cells=(*row.cells, *_make_low_cells(row, found, results))) for row in table.rows)
    wider = replace(table, columns=(*table.columns, *LOW_COLUMNS), rows=rows)
    return replace(wider, notes=(*table.notes, *explain_gaps(wider)))


def _make_low_cells(row: Row, found: PrimaryAnalysis, results: Results) -> tuple[Cell, Cell]:
    line = found.find_row(row.key)
    if row.cells[0].has_failed or line is None:
        empty = Cell(status=row.cells[0].status)
        return empty, empty
    reason = explain_no_gain(line, found, results)
    return make_gain_cell(line.gain, reason), make_gain_cell(line.low_gain, reason)


def _make_ablation_table(results: Results) -> Iterator[Table]:
    """Yield the ablation of the loss."""
    if results.ablation_rows:
        measures = [*results.measures_in_table("quality"), *results.select_measures(EXTRA_ABLATION_MEASURES)]
        yield make_measure_table(results, "table3_ablation", "Ablation of the loss", results.ablation_rows, measures)


MEASURE_TABLE_MAKERS: tuple[Callable[[Results], Iterator[Table]], ...] = (
    _make_maker("table1_quality", "No-reference quality of the enhanced test images", "quality"),
    _make_segmentation_table,
    _make_ablation_table,
    _make_maker("truth", "Agreement with the truth: clean images where they are known, and the labels", "truth"),
    _make_maker("morphometry", "Nerve morphometry from the segmented nerves", "morphometry"),
    _make_maker("extra", "Further measures", "extra"),
)
