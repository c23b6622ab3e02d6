"""Runs the hard rules on a table and finds the cell to blame.

A relation between several cells says that one of them is wrong, not which. If all violated relations of a method share
cells, and changing one of those alone would satisfy every relation, that cell is blamed; otherwise each relation blames
the cell it was written for (AUC, G-mean, FDR, Kappa and ACC before SEN, SPE and Dice).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .hard_rules import list_hard_rules
from .image_measures import Floats
from .printed_table import PrintedTable
from .relation import Relation, RelationTest, evaluate_relation, is_applicable

# Values tried for a mean in the search for a repair.
GRID = 4001


@dataclass(frozen=True)
class Violation:
    """One relation violated by one method.

    Attributes:
        relation: The relation.
        method: Index of the method.
        left: The left-hand side at the printed values.
        bound: The bound at the printed values.
        margin: By how much, in the units of ``relation.measured``, after rounding.
        accused: The quantity blamed.
        alternatives: Other single cells whose change alone would fix the method's column.
    """

    relation: Relation
    method: int
    left: float
    bound: float
    margin: float
    accused: str
    alternatives: tuple[str, ...] = ()


def check_hard_rules(table: PrintedTable) -> list[RelationTest]:
    """Test every hard rule that applies, on all methods at once."""
    return [evaluate_relation(relation, table) for relation in list_hard_rules(table) if is_applicable(relation, table)]


def find_violations(table: PrintedTable) -> list[Violation]:
    """Return the violated hard rules with the cell to blame."""
    tested = check_hard_rules(table)
    found = []
    broken = np.any([result.violated for result in tested], axis=0) if tested else np.zeros(0, bool)
    for method in np.flatnonzero(broken):
        failed = [result for result in tested if result.violated[method]]
        found += _blame(table, int(method), failed)
    return found


def _blame(table: PrintedTable, method: int, failed: Sequence[RelationTest]) -> list[Violation]:
    shared = set.intersection(*(set(result.relation.cells) for result in failed))
    single = {key: change for key in shared if (change := _smallest_change(table, method, key)) is not None}
    culprit = min(single, key=lambda key: single[key]) if single else None
    return [
        Violation(
            result.relation,
            method,
            float(result.left[method]),
            float(result.bound[method]),
            float(result.margin[method]),
            culprit or result.relation.accused,
            tuple(sorted(set(single) - {culprit})),
        )
        for result in failed
    ]


def _smallest_change(table: PrintedTable, method: int, key: str) -> float | None:
    """Return the smallest change of one mean that satisfies all relations; None if none does."""
    grid, fits = _scan_means(table, method, key)
    if not fits.any():
        return None
    return float(np.abs(grid[fits] - table.rows[key].mean[method]).min())


def find_fitting_range(table: PrintedTable, method: int, key: str) -> tuple[float, float] | None:
    """Return the smallest and largest mean of one cell that satisfies every hard rule it takes part in, or None."""
    grid, fits = _scan_means(table, method, key)
    return (float(grid[fits].min()), float(grid[fits].max())) if fits.any() else None


def _scan_means(table: PrintedTable, method: int, key: str) -> tuple[Floats, Floats]:
    quantity = table.rows[key].quantity
    if not np.isfinite(quantity.high):
        return np.zeros(0), np.zeros(0, bool)
    grid = np.linspace(quantity.low, quantity.high, GRID)
    trial = table.select_methods(np.full(GRID, method)).with_mean(key, grid)
    rules = [rule for rule in list_hard_rules(trial) if key in rule.cells and is_applicable(rule, trial)]
    return grid, ~np.any([evaluate_relation(rule, trial).violated for rule in rules], axis=0)


def find_smallest_cap(table: PrintedTable, method: int, key: str) -> float | None:
    """Return the share of positive pixels that some image must reach for a cell to be possible, or None."""
    caps = np.linspace(0.0, 1.0, 1001)
    copies = table.select_methods(np.full(caps.size, method))
    trial = PrintedTable(copies.name, copies.methods, copies.rows, np.zeros(caps.size), caps, table.same_map)
    rules = [rule for rule in list_hard_rules(trial) if rule.accused == key and is_applicable(rule, trial)]
    fits = ~np.any([evaluate_relation(rule, trial).violated for rule in rules], axis=0)
    return float(caps[fits].min()) if fits.any() else None
