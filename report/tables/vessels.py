"""The table of vessel shares: how much each row adds to or takes from what is segmented in the input."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.paper import UNTOUCHED_ROW
from ..analysis.results import Results
from ..analysis.statistics.summary import summarise
from .measures import make_summary_cell
from .record import Column, Row, Table

SHARE = "vessel_share"


def make_vessel_table(results: Results) -> Iterator[Table]:
    """Yield the vessel share of every row and its change against the input, in % of the field of view."""
    if not results.select_measures([SHARE]):
        return
    before = results.values(UNTOUCHED_ROW, SHARE)
    columns = (
        Column(SHARE, "Vessel share", "%", decimals=2),
        Column("change", "Change against the input", "% of the field of view", decimals=2),
    )
    rows = []
    for row in results.rows_in_table("truth"):
        status, values = results.status_text(row), results.values(row.id, SHARE)
        shares = make_summary_cell(status, results.summary(row.id, SHARE))
        cells = (shares, make_summary_cell(status, summarise(values - before)))
        rows.append(Row(row.id, row.label, cells, row.group, row.heading))
    notes = (
        "Mean ± standard deviation over the test images; the change is that of each image.",
        "Neither direction is better: true vessels that become visible and invented ones both raise the share.",
    )
    title = "Vessels segmented in the enhanced image and in the input"
    yield Table("vessels", title, columns, tuple(rows), notes=notes)
