"""Means by table, metric and published method name: the paper's, or ours where the run has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from table_audit.quantity import find_quantity
from table_audit.table_file import Published

from ..analysis.paper import our_row_id
from ..tables.record import Table
from .table_store import PairedTest, TableStore, make_cell_anchor


@dataclass(frozen=True)
class OurMean:
    """A mean of ours.

    Attributes:
        mean: NaN if missing.
        anchor: Id of its cell on the page.
    """

    mean: float
    row: str
    metric: str
    anchor: str


class OurResults:
    """Our means under the paper's names of tables, metrics and methods."""

    def __init__(self, shelf: TableStore) -> None:
        self.published: Published = shelf.published
        self._entries: dict[tuple[str, str, str], OurMean] = {}
        self._better: dict[tuple[str, str], str] = {}
        for name in self.published.tables:
            record = shelf.read_record(name)
            if record is not None:
                self._add_table(record)
        self._tests = shelf.tests

    def _add_table(self, record: Table) -> None:
        table, printed = record.key, self.published.tables[record.key].rows
        names = {our_row_id(mapping): method for method, mapping in self.published.ours[table].items()}
        for row, column, cell in record.cells():
            quantity = find_quantity(column.key)
            if quantity is None or quantity.key not in printed or row.key not in names:
                continue
            entry = OurMean(cell.mean, row.key, column.key, make_cell_anchor(table, row.key, column.key))
            self._entries[table, quantity.key, names[row.key]] = entry
            way = printed[quantity.key].printed if column.better == "none" else column.better
            self._better[table, quantity.key] = way

    def quantity_label(self, table: str, quantity: str) -> str:
        """Return the printed name of a quantity."""
        return self.published.tables[table].rows[quantity].label

    def find_quantity_key(self, table: str, label: str) -> str:
        """Return the quantity printed under a name."""
        return next(key for key, row in self.published.tables[table].rows.items() if row.label == label)

    def find_mean(self, table: str, quantity: str, method: str) -> OurMean | None:
        """Return our mean, or None where the run has none."""
        found = self._entries.get((table, quantity, method))
        return None if found is None or math.isnan(found.mean) else found

    def find_anchor(self, table: str, quantity: str, method: str) -> str:
        """Return the id of our mean's cell on the page; empty where the run has none."""
        found = self.find_mean(table, quantity, method)
        return "" if found is None else found.anchor

    def _find_pair(self, table: str, quantity: str, method: str, than: str) -> tuple[OurMean, OurMean] | None:
        first, second = self.find_mean(table, quantity, method), self.find_mean(table, quantity, than)
        return None if first is None or second is None else (first, second)

    def compute_gain(self, table: str, quantity: str, method: str, than: str) -> float | None:
        """Return by how much a method is better than another; None without both.

        The direction is the measure's; for a measure without one (entropy) it is the paper's, which the claim is about.
        """
        pair = self._find_pair(table, quantity, method, than)
        if pair is None:
            return None
        return (pair[0].mean - pair[1].mean) * (1 if self._better[table, quantity] == "higher" else -1)

    def find_test(self, table: str, quantity: str, method: str, than: str) -> PairedTest | None:
        """Return the test of two methods in either direction; None with too few trainings for a p-value."""
        pair = self._find_pair(table, quantity, method, than)
        if pair is None:
            return None
        (first, second), metric = (pair[0].row, pair[1].row), pair[0].metric
        found = (self._tests.get((*rows, metric)) for rows in ((first, second), (second, first)))
        return next((test for test in found if test is not None and not math.isnan(test.p_holm)), None)
