"""A comparison as table records: what differs, every measure, what was changed, what only one side has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from sspbench.contract import Measure
from sspbench.plugins.discovery import load_metric_families

from ..record import Cell, Column, Row, Table
from .changes import Change, Sole, changes, failures, soles
from .differences import Difference, differences
from .recorded import Recorded, labelled

SHOWN = 12
"""The most names that one cell lists."""


def _known_measures() -> dict[str, Measure]:
    return {measure.name: measure for family in load_metric_families({}).values() for measure in family.measures}


@dataclass(frozen=True)
class Compared:
    """Two results side by side.

    Attributes:
        first: A.
        second: B.
        cells: The difference of every row and measure that both have.
        changed: What was changed.
        failed: Runs with scores on one side alone.
        sole: What only one side has.
    """

    first: Recorded
    second: Recorded
    cells: Sequence[Difference]
    changed: Sequence[Change]
    failed: Sequence[Change]
    sole: Sequence[Sole]
    label: Callable[[str], str] = field(default_factory=labelled)
    measures: Mapping[str, Measure] = field(default_factory=_known_measures)

    @property
    def differing(self) -> list[Difference]:
        """The cells that differ, the farthest beyond their intervals first."""
        found = [cell for cell in self.cells if cell.verdict == "differs"]
        return sorted(found, key=lambda cell: -_widths(cell))

    @property
    def exit_status(self) -> int:
        """0: no difference shown; 1: a cell differs, a run has scores on one side alone, or no cell is on both."""
        return int(bool(self.differing or self.failed or not self.cells))

    @property
    def sentence(self) -> str:
        """The outcome in a sentence."""
        counts = pd.Series([cell.verdict for cell in self.cells], dtype=str).value_counts()
        words = ("differs", "no difference shown", "cannot tell", "equal")
        told = [f"{counts[word]} {'differ' if word == 'differs' else word}" for word in words if word in counts]
        return f"{len(self.cells)} cells (rows by measures) compared: {', '.join(told) or 'none is on both sides'}."


def compared(first: Recorded, second: Recorded, same_seeds: bool = True) -> Compared:
    """Compare two results.

    Args:
        first: A.
        second: B; differences are B minus A.
        same_seeds: Whether a seed that only one side has is worth telling.
    """
    return Compared(
        first,
        second,
        differences(first, second),
        changes(first, second),
        failures(first, second),
        soles(first, second, same_seeds),
    )


def _widths(cell: Difference) -> float:
    """Return the difference in half-widths of its interval."""
    half = (cell.found.high - cell.found.low) / 2
    return abs(cell.found.difference) / half if half > 0 else float("inf")


def tables(found: Compared) -> list[Table]:
    """Return the records of a comparison; those without lines are left out."""
    all_tables = [_differing(found), _every(found), change_table([*found.failed, *found.changed]), _sole(found)]
    return [table for table in all_tables if table.rows]


DIFFERING = (
    Column("measure", "Measure", form="words"),
    Column("first", "A"),
    Column("second", "B"),
    Column("difference", "B − A [95 % CI]"),
    Column("trainings", "Trainings", decimals=0),
    Column("images", "Images", decimals=0),
)


def _differing(found: Compared) -> Table:
    rows = tuple(
        Row(
            cell.row,
            found.label(cell.row),
            (
                Cell(_measure_label(found, cell.metric)),
                Cell(mean=cell.first),
                Cell(mean=cell.second),
                _number(cell),
                Cell(mean=float(cell.found.trainings)),
                Cell(mean=float(cell.found.images)),
            ),
        )
        for cell in found.differing
    )
    notes = tuple(dict.fromkeys(f"{_capital(cell.found.note)}." for cell in found.differing))
    family = "Listed where an interval that holds for all cells at once (Bonferroni) leaves out zero."
    return Table("differing", "What differs", DIFFERING, rows, notes=(family, *notes))


def _number(cell: Difference) -> Cell:
    found = cell.found
    return Cell(mean=found.difference, low=found.low, high=found.high, n=found.images, note=found.note)


def _every(found: Compared) -> Table:
    cells = {(cell.row, cell.metric): cell for cell in found.cells}
    metrics = [name for name in _ordered(found) if any(cell.metric == name for cell in found.cells)]
    columns = tuple(_column(found, name) for name in metrics)
    rows = tuple(
        Row(row, found.label(row), tuple(_or_nothing(cells.get((row, name))) for name in metrics))
        for row in dict.fromkeys(cell.row for cell in found.cells)
    )
    notes = ("B − A with its 95 % interval; “equal” where every value is. In full: differences.csv.",)
    return Table("differences", "B minus A", columns, rows, notes=notes, data=frame(found))


def _ordered(found: Compared) -> list[str]:
    return list(dict.fromkeys([*found.measures, *(cell.metric for cell in found.cells)]))


def _column(found: Compared, name: str) -> Column:
    measure = found.measures.get(name)
    if measure is None:
        return Column(name, name)
    return Column(name, measure.label, measure.unit, decimals=measure.decimals)


def _or_nothing(cell: Difference | None) -> Cell:
    if cell is None:
        return Cell("–")
    return Cell("equal") if cell.verdict == "equal" else _number(cell)


def _measure_label(found: Compared, name: str) -> str:
    return found.measures[name].label if name in found.measures else name


def frame(found: Compared) -> pd.DataFrame:
    """Return every cell in full, one line each."""
    lines = [
        {
            "row": cell.row,
            "label": found.label(cell.row),
            "metric": cell.metric,
            "a": cell.first,
            "b": cell.second,
            "difference": cell.found.difference,
            "low": cell.found.low,
            "high": cell.found.high,
            "p": cell.found.p,
            "trainings": cell.found.trainings,
            "seeds_a": " ".join(str(one) for one, _ in cell.seeds),
            "seeds_b": " ".join(str(other) for _, other in cell.seeds),
            "images": cell.found.images,
            "undefined": cell.undefined,
            "verdict": cell.verdict,
            "note": cell.found.note,
        }
        for cell in found.cells
    ]
    return pd.DataFrame(lines)


WORDS = (Column("first", "A", form="words"), Column("second", "B", form="words"))


def change_table(found: Iterable[Change]) -> Table:
    """Return what was changed."""
    columns = (*WORDS, Column("rows", "Rows", form="words"))
    rows = tuple(
        Row(change.what, change.what, (Cell(change.first), Cell(change.second), Cell(_listed(change.rows))))
        for change in found
    )
    return Table("changes", "What was changed", columns, rows, head="What")


def _sole(found: Compared) -> Table:
    rows = tuple(
        Row(sole.what, f"{sole.what}s", (Cell(_listed(sole.first)), Cell(_listed(sole.second)))) for sole in found.sole
    )
    columns = (Column("first", "only in A", form="words"), Column("second", "only in B", form="words"))
    return Table("only", "What only one side has", columns, rows, head="What")


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "–"
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
