"""The tables of the page, from their records, so that the page can be rebuilt from the table files alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from sspbench.files import read_json
from table_audit.quantity import find_quantity
from table_audit.table_file import Published

from ..analysis.paper import our_row_id
from ..analysis.primary_analysis import PrimaryAnalysis, read_primary
from ..analysis.statistics.paired_tests import SIGNIFICANCE_LEVEL
from ..tables.record import Column, Row, Table, read_table
from ..tables.render.html import CellExtra, HtmlTable, make_html_table


@dataclass(frozen=True)
class PairedTest:
    """A paired test: the mean difference, and its p-value after Holm's correction (NaN where there was no test)."""

    difference: float
    p_holm: float

    @property
    def is_significant(self) -> bool:
        """Whether the corrected p is below the level; never where there was no test."""
        return self.p_holm < SIGNIFICANCE_LEVEL


class TableStore:
    """The tables of a results folder by name, the published ones beside ours."""

    def __init__(self, folder: Path, published: Published) -> None:
        self.folder, self.published = folder, published
        index = folder / "index.json"
        self.titles: dict[str, str] = read_json(index) if index.is_file() else {}

    def read_record(self, name: str) -> Table | None:
        """Return a table's record, or None where the run left none."""
        return read_table(self.folder / f"{name}.json") if name in self.titles else None

    def table(self, name: str) -> HtmlTable | None:
        """Return a table as the page shows it, or None where the run left none."""
        record = self.read_record(name)
        if record is None:
            return None
        if name not in MEASURE_TABLES:
            return make_html_table(record)
        return make_html_table(record, lambda row, column: self._make_extra(name, row, column))

    def _make_extra(self, name: str, row: Row, column: Column) -> CellExtra:
        """Return what links, tests and the paper add to a cell of a table of measures."""
        return CellExtra(
            make_cell_anchor(name, row.key, column.key),
            format_paper_cell(self.published, name, row.key, column.key),
            _find_marks(self.tests, self.references, row.key, column.key, column.better),
        )

    @cached_property
    def tests(self) -> dict[tuple[str, str, str], PairedTest]:
        """The paired tests of all measures by (row, reference, measure); empty where there are none."""
        found: dict[tuple[str, str, str], PairedTest] = {}
        for name in ("tests", "claim_tests"):
            path = self.folder / f"{name}.csv"
            if name in self.titles and path.is_file():
                frame = pd.read_csv(path).set_index(["row", "reference", "metric"])[["difference", "p_holm"]]
                values = frame.to_numpy(dtype=float).tolist()
                found |= {key: PairedTest(*line) for key, line in zip(frame.index.tolist(), values, strict=True)}
        return found

    @cached_property
    def primary(self) -> PrimaryAnalysis:
        """The primary analysis; one that says so where the run left no tables."""
        path = self.folder / "primary.json"
        return read_primary(path) if path.is_file() else PrimaryAnalysis("No answer: this run left no tables.")

    @cached_property
    def references(self) -> dict[str, tuple[str, str, str]]:
        """The reference rows: by row, its marks of better and worse, and its label."""
        found = [self.primary.find_row(key) for key in (self.primary.reference, self.primary.rival)]
        pairs = zip(found, TEST_MARKS, strict=True)
        return {row.key: (*marks, row.label) for row, marks in pairs if row is not None}

    @property
    def unplaced(self) -> list[str]:
        """The names of tables that no section asks for."""
        return [name for name in self.titles if name not in PLACED_TABLES]


MEASURE_TABLES = frozenset(
    {"table1_quality", "table2_segmentation", "table3_ablation", "truth", "morphometry", "extra"},
)

# Tables that have their place in a section.
PLACED_TABLES = MEASURE_TABLES | {
    "paper_delta", "tests", "claim_tests", "ranks", "gains", "checkpoints", "audit_paper", "audit_reasons", "trust",
    "audit_claims", "audit_own", "definition_sensitivity",
}  # fmt: skip


def make_cell_anchor(table: str, row: str, metric: str) -> str:
    """Return the id of a cell."""
    return "cell-" + re.sub(r"[^A-Za-z0-9_-]", "-", f"{table}-{row}-{metric}")


def format_paper_cell(published: Published, table: str, row: str, metric: str) -> str:
    """Return the published mean ± sd that belongs to a cell of ours, empty where there is none."""
    quantity = find_quantity(metric)
    theirs = published.tables.get(table)
    if theirs is None or quantity is None or quantity.key not in theirs.rows:
        return ""
    for index, method in enumerate(theirs.methods):
        mapping = published.ours[table].get(method)
        if mapping is not None and our_row_id(mapping) == row:
            line = theirs.rows[quantity.key]
            return f"{line.mean[index]:.4f} ±\N{NO-BREAK SPACE}{line.spread[index]:.4f}"
    return ""


# Marks of better and worse by the test: than the untouched image, than the best trivial row.
TEST_MARKS = (("▲", "▼"), ("△", "▽"))


def _find_marks(
    tests: Mapping[tuple[str, str, str], PairedTest],
    references: Mapping[str, tuple[str, str, str]],
    row: str,
    metric: str,
    better: str,
) -> tuple[tuple[str, str], ...]:
    found = []
    for reference, (up, down, name) in references.items():
        test = tests.get((row, reference, metric))
        if test is None or better == "none" or not test.is_significant:
            continue
        gain = (test.difference > 0) == (better == "higher")
        p = "< 0.001" if test.p_holm < 0.001 else f"= {test.p_holm:.3f}"
        found.append((up if gain else down, f"{'better' if gain else 'worse'} than {name}, p {p} (Holm)"))
    return tuple(found)
