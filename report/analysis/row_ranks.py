"""Which rows of a table are ranked against each other, and their ranks in a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .paper import ORACLE_GROUP, TRIVIAL_GROUP
from .results import MethodRow, Results
from .statistics.rank_intervals import RowRank, rank_rows


def rank_table_rows(results: Results, rows: Sequence[MethodRow], measure: str) -> dict[str, RowRank]:
    """Return the ranks of a table's rows in a measure; empty without a test or a better side.

    Ranked are the methods, the untouched image and the best trivial row; the other trivial rows are controls. The
    truth, failed rows and rows that were enhanced once, elsewhere, have no rank.
    """
    grids = {row.id: results.values(row.id, measure) for row in _list_tested(results, rows, measure)}
    ranked = list_ranked_rows(results, rows, measure)
    return rank_rows(grids, ranked, results.better[measure], results.clusters)


def list_ranked_rows(results: Results, rows: Sequence[MethodRow], measure: str) -> list[str]:
    """Return the rows of a table that are ranked against each other in a measure."""
    tested = _list_tested(results, rows, measure)
    return [row.id for row in tested if row.group != TRIVIAL_GROUP or row.id == results.best_trivial]


def _list_tested(results: Results, rows: Sequence[MethodRow], measure: str) -> list[MethodRow]:
    return [
        row
        for row in rows
        if row.group != ORACLE_GROUP
        and row.id not in results.external_row_ids
        and results.status_text(row) == "done"
        and len(results.values(row.id, measure))
    ]


def describe_ranks(ranks: Mapping[str, RowRank]) -> str:
    """Return the note on ranks: among how many rows, and what the interval, the letters and bold say."""
    ranked = sum(not rank.control for rank in ranks.values())
    parts = [
        f"#: 95 % interval of the rank among {ranked} rows, then letters. Rows that share a letter are tied: the "
        f"crossed test with Holm's correction over all {ranked * (ranked - 1) // 2} pairs does not part them.",
        "Bold: no ranked row is shown to be better.",
    ]
    if ranked < len(ranks):
        parts.append(
            "Ranked are the methods, the untouched image and the best trivial row. Any other trivial row shows the "
            "rank it would take."
        )
    return " ".join(parts)
