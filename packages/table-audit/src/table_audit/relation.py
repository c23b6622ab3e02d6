"""Relations: inequalities between printed means and sds, tested on rounded numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from .image_measures import Flags, Floats
from .printed_table import PrintedTable

# Floating-point slack: nothing smaller is a violation.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Values:
    """One choice of true values within the rounding intervals; arrays are (M,).

    Attributes:
        m: Means by quantity.
        s: Population standard deviations by quantity.
        low: Smallest prevalence of an image.
        high: Largest prevalence of an image.
    """

    m: Mapping[str, Floats]
    s: Mapping[str, Floats]
    low: Floats
    high: Floats


Formula = Callable[[Values], Floats]


@dataclass(frozen=True)
class Relation:
    """An inequality ``statistic side bound`` that holds for every set of images.

    Attributes:
        rule: Rule of the specification, e.g. ``H2``.
        accused: The quantity blamed when nothing else is known.
        text: The inequality in words and symbols.
        side: ``≥`` or ``≤``.
        bound: The right-hand side.
        means: Quantities whose means are used.
        sds: Quantities whose sds are used.
        statistic: The left-hand side; the accused mean if None.
        name: What the left-hand side is called.
        slope: d statistic / d accused mean, to express the margin in the cell's own units; 1 if None.
        same_map: Whether it needs AUC and SEN/SPE from one score map.
        measured: The quantity in whose units the margin is; the accused if empty.
        raw: Whether means outside the possible range are tested as they are (else cut to the range first).
        verdict: What a violation is: ``impossible`` for hard rules, less for soft ones.
        repair: How to fix it.
    """

    rule: str
    accused: str
    text: str
    side: Literal["≥", "≤"]
    bound: Formula
    means: tuple[str, ...]
    sds: tuple[str, ...] = ()
    statistic: Formula | None = None
    name: str = ""
    slope: Formula | None = None
    same_map: bool = False
    measured: str = ""
    raw: bool = False
    verdict: str = "impossible"
    repair: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The quantities involved, the accused first."""
        return tuple(dict.fromkeys((self.accused, *self.means, *self.sds)))

    def left(self, values: Values) -> Floats:
        """Return the left-hand side."""
        return values.m[self.accused] if self.statistic is None else self.statistic(values)


@dataclass(frozen=True)
class RelationTest:
    """A relation tested on the M methods of a table.

    Attributes:
        relation: The relation.
        slack: The best slack any values within rounding can reach, (M,); negative: violated; NaN: untestable.
        left: The left-hand side at the printed values.
        bound: The bound at the printed values.
        margin: By how much it is violated, in the units of the accused cell; 0 where it is not.
    """

    relation: Relation
    slack: Floats
    left: Floats
    bound: Floats
    margin: Floats

    @property
    def violated(self) -> Flags:
        """Where no values within rounding satisfy the relation, (M,) bool."""
        return self.slack < -TOLERANCE

    @property
    def testable(self) -> Flags:
        """Where all the numbers that it needs are printed, (M,) bool."""
        return np.isfinite(self.slack)


def is_applicable(relation: Relation, table: PrintedTable) -> bool:
    """Return whether the table has the rows (and the single score map) that the relation needs."""
    return all(key in table.rows for key in relation.cells) and (table.same_map or not relation.same_map)


def evaluate_relation(relation: Relation, table: PrintedTable) -> RelationTest:
    """Test a relation on all methods at once, with every rounding in its favour.

    The largest slack over the box of rounding intervals is taken at its corners: every relation here is monotone or
    multilinear in each of its inputs. Cells of one method with different n describe different images: untestable.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        nominal = Values(
            {key: table.rows[key].mean for key in relation.means},
            {key: table.rows[key].sd() for key in relation.sds},
            table.prevalence_low,
            table.prevalence_high,
        )
        left, bound = np.broadcast_arrays(relation.left(nominal), relation.bound(nominal))
        slack = _best_slack(relation, table)
        slope = 1.0 if relation.slope is None else relation.slope(nominal)
        margin = np.where(slack < -TOLERANCE, -slack / slope, 0.0)
    counts = np.stack([table.rows[key].n for key in relation.cells])
    comparable = (counts == counts[0]).all(axis=0)
    return RelationTest(relation, np.where(comparable, slack, np.nan), left, bound, margin)


def _best_slack(relation: Relation, table: PrintedTable) -> Floats:
    sign = 1.0 if relation.side == "≥" else -1.0
    mean_ends = {key: table.rows[key].mean_interval(cut=not relation.raw) for key in relation.means}
    sd_ends = {key: table.rows[key].sd_interval() for key in relation.sds}
    count = len(relation.means)
    best = np.full(len(table.methods), -np.inf)
    for corner in product((0, 1), repeat=count + len(relation.sds)):
        means = {key: mean_ends[key][end] for key, end in zip(relation.means, corner[:count], strict=True)}
        sds = {key: sd_ends[key][end] for key, end in zip(relation.sds, corner[count:], strict=True)}
        values = Values(means, sds, table.prevalence_low, table.prevalence_high)
        best = np.maximum(best, sign * (relation.left(values) - relation.bound(values)))
    return best
