"""A comparison as table records: what differs, every measure, what was changed, what only one side has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from sspbench.contract import Measure
from sspbench.plugins.metric_families import load_metric_families

from ..analysis.image_facts import choose_units
from ..tables.record import Cell, Column, Row, Table, describe_units
from .changes import OneSidedItems, ResultChange, find_changes, find_one_sided_failures, find_one_sided_items
from .comparability import PartedCells, collect_parted_cells, find_parted_cells, make_parted_table
from .differences import MetricDifference, compute_differences
from .recorded_results import RecordedResults, make_row_labeller

MAX_LISTED_NAMES = 12  # the most names that one cell lists


@dataclass(frozen=True)
class ResultsComparison:
    """Two results side by side: A (``first``) and B (``second``)."""

    first: RecordedResults
    second: RecordedResults
    cells: Sequence[MetricDifference]  # of every row and measure that both have
    changes: Sequence[ResultChange]
    one_sided_failures: Sequence[ResultChange]  # runs with scores on one side alone
    one_sided: Sequence[OneSidedItems]
    parted: PartedCells = field(default_factory=dict)
    label: Callable[[str], str] = field(default_factory=make_row_labeller)  # returns the label of a row
    measures: Mapping[str, Measure] = field(default_factory=dict)  # by name, with the units of the numbers compared

    @property
    def differing_cells(self) -> list[MetricDifference]:
        """The cells that differ, the farthest beyond their intervals first."""
        found = [cell for cell in self.cells if cell.verdict == "differs"]
        return sorted(found, key=lambda cell: -_distance_in_half_widths(cell))

    @property
    def exit_status(self) -> int:
        """0: no difference shown; 1: a cell differs, a run has scores on one side alone, or no cell is on both."""
        return int(bool(self.differing_cells or self.one_sided_failures or not self.cells))

    @property
    def sentence(self) -> str:
        """The outcome in a sentence or two."""
        counts = pd.Series([cell.verdict for cell in self.cells], dtype=str).value_counts()
        words = ("differs", "no difference shown", "undecided", "equal")
        parts = [f"{counts[word]} {'differ' if word == 'differs' else word}" for word in words if word in counts]
        text = f"{len(self.cells)} cells (rows by measures) compared: {', '.join(parts) or 'none is on both sides'}."
        left_out = len(collect_parted_cells(self.parted))
        return f"{text} {left_out} cells left out: they are not comparable." if left_out else text


def compare_results(first: RecordedResults, second: RecordedResults, same_seeds: bool = True) -> ResultsComparison:
    """Compare two results: A (``first``) and B (``second``); ``same_seeds``: report a seed that only one side has."""
    families = load_metric_families({}).values()
    parted = find_parted_cells(first, second)
    comparable = replace(second, left_out=collect_parted_cells(parted))
    return ResultsComparison(
        first,
        second,
        compute_differences(first, comparable),
        find_changes(first, second),
        find_one_sided_failures(first, second),
        find_one_sided_items(first, second, same_seeds),
        parted,
        measures=choose_units({one.name: one for family in families for one in family.measures}, first.is_scale_known),
    )


def _distance_in_half_widths(cell: MetricDifference) -> float:
    """Return the difference in half-widths of its interval."""
    half = (cell.estimate.high - cell.estimate.low) / 2
    return abs(cell.estimate.difference) / half if half > 0 else float("inf")


def make_comparison_tables(found: ResultsComparison) -> list[Table]:
    """Return the records of a comparison; those without lines are left out."""
    all_tables = [
        _make_differing_table(found),
        _make_full_table(found),
        make_parted_table(found.parted),
        make_change_table([*found.one_sided_failures, *found.changes]),
        _make_one_sided_table(found),
    ]
    return [table for table in all_tables if table.rows]


DIFFERENCE_COLUMNS = (
    Column("measure", "Measure", form="words"),
    Column("first", "A"),
    Column("second", "B"),
    Column("difference", "B − A [95 % CI]"),
    Column("trainings", "Trainings", decimals=0),
    Column("images", "Images", decimals=0),
)


def _make_differing_table(found: ResultsComparison) -> Table:
    rows, notes = [], ["Listed where an interval that holds for all cells at once (Bonferroni) leaves out zero."]
    for cell in found.differing_cells:
        column, note = _make_column(found, cell.metric), cell.estimate.note
        name = Cell(f"{column.label} ({column.unit})" if column.unit else column.label)
        counts = Cell(mean=float(cell.estimate.trainings)), Cell(mean=float(cell.estimate.images))
        numbers = Cell(mean=cell.first), Cell(mean=cell.second), _make_number_cell(cell), *counts
        rows.append(Row(cell.row, found.label(cell.row), (name, *numbers)))
        notes.append(f"{note[:1].upper()}{note[1:]}.")
    return Table("differing", "What differs", DIFFERENCE_COLUMNS, tuple(rows), notes=tuple(dict.fromkeys(notes)))


def _make_number_cell(cell: MetricDifference) -> Cell:
    found = cell.estimate
    return Cell(mean=found.difference, low=found.low, high=found.high, n=found.images, note=found.note)


def _make_full_table(found: ResultsComparison) -> Table:
    cells = {(cell.row, cell.metric): cell for cell in found.cells}
    compared = dict.fromkeys(cell.metric for cell in found.cells)
    metrics = [name for name in dict.fromkeys([*found.measures, *compared]) if name in compared]
    columns = tuple(_make_column(found, name) for name in metrics)
    rows = tuple(
        Row(row, found.label(row), tuple(_cell_or_dash(cells.get((row, name))) for name in metrics))
        for row in dict.fromkeys(cell.row for cell in found.cells)
    )
    full = "B − A with its 95 % interval; “equal” where every value is. In full: differences.csv."
    notes = (full, *describe_units(columns))
    return Table("differences", "B minus A", columns, rows, notes=notes, data=make_comparison_frame(found))


def _make_column(found: ResultsComparison, name: str) -> Column:
    measure = found.measures.get(name)
    if measure is None:
        return Column(name, name)
    return Column(name, measure.label, measure.unit, decimals=measure.decimals)


def _cell_or_dash(cell: MetricDifference | None) -> Cell:
    if cell is None:
        return Cell("–")
    return Cell("equal") if cell.verdict == "equal" else _make_number_cell(cell)


def make_comparison_frame(found: ResultsComparison) -> pd.DataFrame:
    """Return every cell in full, one line each."""
    lines = [
        {
            "row": cell.row,
            "label": found.label(cell.row),
            "metric": cell.metric,
            "unit": _make_column(found, cell.metric).unit,
            "a": cell.first,
            "b": cell.second,
            "difference": cell.estimate.difference,
            "low": cell.estimate.low,
            "high": cell.estimate.high,
            "p": cell.estimate.p,
            "trainings": cell.estimate.trainings,
            "seeds_a": " ".join(str(one) for one, _ in cell.seeds),
            "seeds_b": " ".join(str(other) for _, other in cell.seeds),
            "images": cell.estimate.images,
            "undefined": cell.undefined,
            "verdict": cell.verdict,
            "note": cell.estimate.note,
        }
        for cell in found.cells
    ]
    return pd.DataFrame(lines)


def make_change_table(found: Iterable[ResultChange]) -> Table:
    """Return what was changed."""
    heads = {"first": "A", "second": "B", "rows": "Rows"}
    columns = tuple(Column(key, label, form="words") for key, label in heads.items())
    rows = []
    for change in found:
        cells = Cell(change.first), Cell(change.second), Cell(_join_limited(change.rows))
        rows.append(Row(change.what, change.what, cells))
    return Table("changes", "What was changed", columns, tuple(rows), head="What")


def _make_one_sided_table(found: ResultsComparison) -> Table:
    rows = tuple(
        Row(sole.what, f"{sole.what}s", (Cell(_join_limited(sole.first)), Cell(_join_limited(sole.second))))
        for sole in found.one_sided
    )
    columns = (Column("first", "only in A", form="words"), Column("second", "only in B", form="words"))
    return Table("only", "What only one side has", columns, rows, head="What")


def _join_limited(names: Sequence[str]) -> str:
    if not names:
        return "–"
    rest = f" and {len(names) - MAX_LISTED_NAMES} more" if len(names) > MAX_LISTED_NAMES else ""
    return ", ".join(names[:MAX_LISTED_NAMES]) + rest
