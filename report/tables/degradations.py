"""The tables by type of degradation: light sets PSNR, blur sets Dice, and methods rank differently in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..analysis.results import MethodRow, Results
from ..analysis.statistics.summary import summarise
from .measures import make_summary_cell
from .record import Cell, Column, Row, Table

MEASURES_BY_TYPE = ("psnr", "ciede2000", "dice")  # each has a table whose columns are the types

ALL_TYPES = "illumination, spots, blur"
ALL_LABEL = "all three"


def make_degradation_tables(results: Results) -> Iterator[Table]:
    """Yield a table per measure; none where the data set does not know how its test images were degraded."""
    types = group_by_type(results.degradations)
    for measure in results.select_measures(MEASURES_BY_TYPE) if types else []:
        columns = tuple(
            Column(f"{measure.name}:{kind}", ALL_LABEL if kind == ALL_TYPES else kind, measure.unit, measure.better, 3)
            for kind in types
        )
        rows = tuple(
            Row(row.id, row.label, _make_cells(results, row, measure.name, types), row.group, row.heading)
            for row in results.rows_in_table("truth")
        )
        sizes = [len(names) for names in types.values()]
        counts = "; ".join(f"{size} with {one.label}" for one, size in zip(columns, sizes, strict=True))
        unit = f" in {measure.unit}" if measure.unit else ""
        notes = (f"Mean ± standard deviation over the test images of each type: {counts}.",)
        title = f"{measure.label}{unit} by type of degradation"
        yield Table(f"degradation_{measure.name}", title, columns, rows, notes=notes)


def group_by_type(degradations: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the images of each type of degradation: single types first, then pairs, then all three.

    >>> group_by_type({"a": "blur", "b": "spots, blur", "c": "illumination"})
    {'blur': ['a'], 'illumination': ['c'], 'spots, blur': ['b']}
    """
    kinds = sorted(set(degradations.values()), key=lambda kind: (kind.count(","), kind))
    return {kind: sorted(name for name, own in degradations.items() if own == kind) for kind in kinds}


def _make_cells(results: Results, row: MethodRow, measure: str, types: Mapping[str, Sequence[str]]) -> tuple[Cell, ...]:
    values = results.values(row.id, measure)
    parts = [summarise(values[values.index.isin(names)]) for names in types.values()]
    return tuple(make_summary_cell(results.status_text(row), part) for part in parts)
