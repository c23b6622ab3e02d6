"""Runs the hard rules on a table and finds the cell to blame.

A relation between several cells says that one of them is wrong, not which. If all violated relations of a method share
cells, and changing one of those alone would satisfy every relation, that cell is blamed; otherwise each relation blames
the cell it was written for (AUC, G-mean, FDR, Kappa and ACC before SEN, SPE and Dice).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .image_measures import Floats
from .printed_table import PrintedTable
from .relation import Relation, Tested, applies, check
from .rules import hard_rules

GRID = 4001
"""Values tried for a mean when looking for a repair."""


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


def run_hard(table: PrintedTable) -> list[Tested]:
    """Test every hard rule that applies, on all methods at once."""
    return [check(relation, table) for relation in hard_rules(table) if applies(relation, table)]


def violations(table: PrintedTable) -> list[Violation]:
    """Return the violated hard rules with the cell to blame."""
    tested = run_hard(table)
    found = []
    broken = np.any([result.violated for result in tested], axis=0) if tested else np.zeros(0, bool)
    for method in np.flatnonzero(broken):
        failed = [result for result in tested if result.violated[method]]
        found += _blame(table, int(method), failed)
    return found


def _blame(table: PrintedTable, method: int, failed: Sequence[Tested]) -> list[Violation]:
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
    """Return how far the mean of one cell must move to satisfy all relations; None if no value does."""
    grid, fits = _scan(table, method, key)
    if not fits.any():
        return None
    return float(np.abs(grid[fits] - table.rows[key].mean[method]).min())


def fitting_values(table: PrintedTable, method: int, key: str) -> tuple[float, float] | None:
    """Return the smallest and largest mean of one cell that satisfies every hard rule it takes part in, or None."""
    grid, fits = _scan(table, method, key)
    return (float(grid[fits].min()), float(grid[fits].max())) if fits.any() else None


def _scan(table: PrintedTable, method: int, key: str) -> tuple[Floats, Floats]:
    quantity = table.rows[key].quantity
    if not np.isfinite(quantity.high):
        return np.zeros(0), np.zeros(0, bool)
    grid = np.linspace(quantity.low, quantity.high, GRID)
    trial = table.take(np.full(GRID, method)).with_mean(key, grid)
    rules = [rule for rule in hard_rules(trial) if key in rule.cells and applies(rule, trial)]
    return grid, ~np.any([check(rule, trial).violated for rule in rules], axis=0)


def smallest_prevalence_cap(table: PrintedTable, method: int, key: str) -> float | None:
    """Return the share of positive pixels some image must reach for a cell to be possible; None if none helps."""
    caps = np.linspace(0.0, 1.0, 1001)
    copies = table.take(np.full(caps.size, method))
    trial = PrintedTable(copies.name, copies.methods, copies.rows, np.zeros(caps.size), caps, table.same_map)
    rules = [rule for rule in hard_rules(trial) if rule.accused == key and applies(rule, trial)]
    fits = ~np.any([check(rule, trial).violated for rule in rules], axis=0)
    return float(caps[fits].min()) if fits.any() else None
