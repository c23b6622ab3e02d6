"""The table of rank intervals: of every row and measure, the 95 % interval of its rank and its ties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from ..analysis.results import MethodRow, Results
from ..analysis.row_ranks import describe_ranks, rank_table_rows
from ..analysis.statistics.rank_intervals import RowRank
from .record import Cell, Column, Row, Table

RANK_FRAME_COLUMNS = ["table", "metric", "row", "low", "high", "places", "ties", "control"]

RanksByPlace = dict[tuple[str, str], RowRank]  # ranks by measure and row


def make_rank_intervals_table(results: Results) -> Iterator[Table]:
    """Yield the ranks in the measures of Tables 1 and 2, and in the CSV those of Table 3; nothing without a test."""
    parts = {kind: _rank_rows(results, results.rows_in_table(kind), kind) for kind in ("quality", "segmentation")}
    ranks = {place: rank for part in parts.values() for place, rank in part.items()}
    if not ranks:
        return
    parts["ablation"] = _rank_rows(results, results.ablation_rows, "quality")
    measures = [measure for measure in results.main_measures if any(name == measure.name for name, _ in ranks)]
    texts = {place: rank.text for place, rank in ranks.items()}
    ranked = {row for _, row in ranks}
    rows = tuple(
        Row(
            row.id,
            row.label,
            tuple(Cell(texts.get((measure.name, row.id), "")) for measure in measures),
            row.group,
            row.heading,
        )
        for row in results.rows
        if row.id in ranked
    )
    columns = tuple(Column(measure.name, measure.label, form="words") for measure in measures)
    note = describe_ranks({row: rank for (name, row), rank in ranks.items() if name == measures[0].name})
    yield Table("rank_intervals", "Rank intervals and ties", columns, rows, notes=(note,), data=_make_frame(parts))


def _rank_rows(results: Results, rows: Sequence[MethodRow], kind: str) -> RanksByPlace:
    return {
        (measure.name, row): rank
        for measure in results.measures_in_table(kind)
        for row, rank in rank_table_rows(results, rows, measure.name).items()
    }


def _make_frame(parts: dict[str, RanksByPlace]) -> pd.DataFrame:
    lines = [
        (table, *place, rank.low, rank.high, rank.places, rank.ties, rank.control)
        for table, ranks in parts.items()
        for place, rank in ranks.items()
    ]
    return pd.DataFrame(lines, columns=RANK_FRAME_COLUMNS)
