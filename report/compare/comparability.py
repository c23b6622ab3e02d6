"""Which values of two results mean the same: rows and measures whose digests differ are left out and named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from sspbench.plugins.metric_families import load_metric_families
from sspbench.releases.digests import DifferingPart, find_differing_parts

from ..analysis.image_facts import UNITS_IN_PIXELS
from ..tables.record import Cell, Column, Row, Table
from .recorded_results import RecordedResults, ScoreCell

# Parts that no value of a row survives; the others part the measures that depend on them.
WHOLE_ROW_PARTS = frozenset({"images", "preset"})

MASK_INPUTS = frozenset({"mask", "probability"})  # what a measure needs where it depends on the segmenter

# What lengths depend on: of one side in micrometres, of the other in pixels, they are numbers of different units.
SCALE_PART = "size of a pixel"

# The rows and measures that a part of the digests keeps from being compared.
PartedCells = Mapping[DifferingPart, frozenset[ScoreCell]]


def find_parted_cells(first: RecordedResults, second: RecordedResults) -> PartedCells:
    """Return what both have and must not be compared, by the part of the digests that differs.

    Weights of the segmenter do not count: equal recipes give other weights on another machine.
    """
    found: dict[DifferingPart, set[ScoreCell]] = {}
    for row in sorted(set(first.rows) & set(second.rows)):
        for part in find_differing_parts(first.digests[row], second.digests[row]):
            if part.name == "segmenter weights":
                continue
            measures = {measure for name, measure in first.grids if name == row}
            found.setdefault(part, set()).update((row, one) for one in measures if _depends(one, part))
    if first.is_scale_known != second.is_scale_known:
        sides = ("known" if side.is_scale_known else "unknown" for side in (first, second))
        shared = first.grids.keys() & second.grids.keys()
        found[DifferingPart(SCALE_PART, "", *sides)] = {cell for cell in shared if cell[1] in _find_scaled_measures()}
    return {part: frozenset(cells) for part, cells in found.items()}


def _depends(measure: str, part: DifferingPart) -> bool:
    family, needs = _find_measure_origins().get(measure, ("", frozenset()))
    if part.name == "segmenter":
        return bool(needs & MASK_INPUTS)
    return part.name in WHOLE_ROW_PARTS or part.which == family


@cache
def _find_measure_origins() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Return the family of every measure, and what it needs."""
    families = load_metric_families({}).items()
    return {one.name: (name, frozenset(found.needs)) for name, found in families for one in found.measures}


@cache
def _find_scaled_measures() -> frozenset[str]:
    """Return the measures of the families that measure lengths: those without a unit have limits in micrometres."""
    families = load_metric_families({}).values()
    scaled = [one for one in families if any(measure.unit in UNITS_IN_PIXELS for measure in one.measures)]
    return frozenset(measure.name for family in scaled for measure in family.measures)


def collect_parted_cells(parted: PartedCells) -> frozenset[ScoreCell]:
    """Return all rows and measures that must not be compared."""
    return frozenset(cell for cells in parted.values() for cell in cells)


def drop_parted(given: RecordedResults, parted: PartedCells) -> RecordedResults:
    """Return results without what must not be compared: measures, rows and, where all rows fall, segmenters."""
    gone = {row for part, cells in parted.items() if part.name in WHOLE_ROW_PARTS for row, _ in cells}
    runs = {key: folder for key, folder in given.runs.items() if key[0] not in gone}
    segmenters = given.segmenters if runs else {}
    return replace(given, runs=runs, segmenters=segmenters, left_out=collect_parted_cells(parted))


def make_parted_table(parted: PartedCells) -> Table:
    """Return what is not compared, one line for each part that differs."""
    heads = {"first": "A", "second": "B", "rows": "Rows", "measures": "Measures left out"}
    columns = tuple(Column(key, label, form="words") for key, label in heads.items())
    rows = []
    for part, cells in parted.items():
        if cells:
            measures = "all" if part.name in WHOLE_ROW_PARTS else _join_sorted(measure for _, measure in cells)
            texts = (part.first, part.second, _join_sorted(row for row, _ in cells), measures)
            rows.append(Row(part.label, part.label, tuple(map(Cell, texts))))
    return Table("parted", "Not comparable, so left out", columns, tuple(rows), head="What differs")


def _join_sorted(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
