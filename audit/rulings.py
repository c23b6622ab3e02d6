"""What stands behind each "impossible": the judge's ruling on every group of cells that a rule finds at odds.

The rules (:mod:`audit.rules`) are quick and say which cells to look at; two groups that no single rule covers are
always looked at. Only the judge (:mod:`audit.judge`) sentences a cell: with a certificate, at any share of positive
pixels (``impossible``) or only as long as no image exceeds a cap (``conditional``). Where some set of images does print
like this, the set itself is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .certificate import Certificate, moments_of
from .example import Example, example
from .hard import Violation, smallest_prevalence_cap, violations
from .image_measures import POINTWISE
from .judge import Mixture, judge
from .printed_table import PrintedTable
from .relation import Relation

ANY_SHARE = (0.0, 1.0)
KNOWN = frozenset({*POINTWISE, "auc"})
"""Quantities that the judge knows: those that follow from an image's confusion matrix, and AUC."""


@dataclass(frozen=True)
class Bound:
    """A first-order bound on a mean: its side, its value and how it comes about."""

    side: Literal["≥", "≤"]
    value: float
    text: str


def _kappa_bounds(means: Mapping[str, float]) -> list[Bound]:
    """Bound Kappa of one image: (D - r)/(1 - r), r the harmonic mean of the true and the predicted share."""
    dice, wrong = means["dice"], 1.0 - means["accuracy"]
    small, large = dice * (2 - dice) * wrong / (2 * (1 - dice)), wrong / (2 * (1 - dice))
    return [
        Bound("≤", (dice - small) / (1 - small), "(Dice−r)/(1−r), r = Dice(2−Dice)(1−ACC)/(2(1−Dice))"),
        Bound("≥", (dice - large) / (1 - large), "(Dice−r)/(1−r), r = (1−ACC)/(2(1−Dice))"),
    ]


def _specificity_bounds(means: Mapping[str, float]) -> list[Bound]:
    """Bound SPE by the value that ACC, SEN and Dice of one image imply."""
    dice, wrong, sen = means["dice"], 1.0 - means["accuracy"], means["sensitivity"]
    share = wrong * dice / (2 * (1 - dice) * sen)
    value = 1 - (wrong - share * (1 - sen)) / (1 - share)
    text = f"what ACC, SEN and Dice imply (with {100 * share:.1f} % positive pixels)"
    return [Bound("≤", value, text), Bound("≥", value, text)]


@dataclass(frozen=True)
class JointGroup:
    """Cells that are judged together although no rule names them all.

    Attributes:
        accused: The cell that is blamed.
        others: The cells it is judged with.
        bounds: What the other means say of the accused one, at first order: exact for one image, nearly so for means.
    """

    accused: str
    others: tuple[str, ...]
    bounds: Callable[[Mapping[str, float]], Sequence[Bound]]

    @property
    def cells(self) -> tuple[str, ...]:
        """All cells of the group, the accused first."""
        return (self.accused, *self.others)


JOINT = (
    JointGroup("kappa", ("dice", "accuracy"), _kappa_bounds),
    JointGroup("specificity", ("sensitivity", "accuracy", "dice"), _specificity_bounds),
)
"""Any three of ACC, SEN, SPE and Dice imply the share of positives; SPE is named as the others agree without it."""


@dataclass(frozen=True)
class Ruling:
    """The judge's answer on a group of cells of one method.

    Attributes:
        violation: The rule that is broken, with the cell that is blamed.
        verdict: ``impossible``, ``conditional`` (no image may exceed ``cap``), or ``possible``.
        proof: What proves it, in a form that can be checked by arithmetic.
        cap: The largest share of positive pixels the sentence rests on; 1 for none.
        needed: Share of positive pixels some image must reach where the verdict is conditional, else NaN.
        example: Images that print like this, where they were found.
    """

    violation: Violation
    verdict: str
    proof: str
    cap: float = 1.0
    needed: float = float("nan")
    example: Example | None = None

    @property
    def condition(self) -> str:
        """On what the verdict rests, in words."""
        if self.cap >= 1:
            return "any share of positive pixels"
        return f"no image exceeds {100 * self.cap:g} % positive pixels"


def at_any_prevalence(table: PrintedTable) -> PrintedTable:
    """Return the table with nothing assumed about the share of positive pixels."""
    size = len(table.methods)
    return replace(table, prevalence_low=np.zeros(size), prevalence_high=np.ones(size))


def rulings(table: PrintedTable, *, joint: bool = True) -> list[Ruling]:
    """Judge every group of cells that a rule finds at odds and, with ``joint``, the groups of :data:`JOINT`."""
    free = violations(at_any_prevalence(table))
    known = {(violation.method, violation.relation.text) for violation in free}
    capped = [one for one in violations(table) if (one.method, one.relation.text) not in known]
    judged: Judged = {}
    found = [_free_ruling(table, violation, judged) for violation in free]
    found += [_capped_ruling(table, violation) for violation in capped]
    if joint:
        found += list(_joint_rulings(table, found))
    return found


Judged = dict[tuple[int, frozenset[str]], "Certificate | Mixture | None"]


def _judged(table: PrintedTable, method: int, keys: Sequence[str]) -> Certificate | Mixture | None:
    return judge(moments_of(table, method, keys), ANY_SHARE)


def _free_ruling(table: PrintedTable, violation: Violation, judged: Judged) -> Ruling:
    """Judge a rule that is broken at any share of positives: the rule itself proves it where the judge knows less."""
    cells = violation.relation.cells
    group = violation.method, frozenset(cells)
    if group not in judged:
        judged[group] = _judged(table, violation.method, cells) if set(cells) <= KNOWN else None
    outcome = judged[group]
    if isinstance(outcome, Certificate):
        return Ruling(violation, "impossible", str(outcome))
    return Ruling(violation, "impossible", f"by arithmetic: {violation.relation.text}")


def _capped_ruling(table: PrintedTable, violation: Violation) -> Ruling:
    """Judge a rule that is broken only as long as images have few positives."""
    cells, method = violation.relation.cells, violation.method
    outcome = _judged(table, method, cells)
    if isinstance(outcome, Certificate):
        same = [group for group in JOINT if (group.accused, set(group.cells)) == (violation.accused, set(cells))]
        return Ruling(_joint_violation(table, method, same[0]) if same else violation, "impossible", str(outcome))
    cap = float(table.prevalence_high[method])
    shares = float(table.prevalence_low[method]), cap
    within = judge(moments_of(table, method, cells), shares)
    proof = str(within) if isinstance(within, Certificate) else f"by arithmetic: {violation.relation.text}"
    needed = smallest_prevalence_cap(table, method, violation.accused)
    found = example(table, method, cells, outcome) if isinstance(outcome, Mixture) else None
    return Ruling(violation, "conditional", proof, cap, float("nan") if needed is None else needed, found)


def _joint_rulings(table: PrintedTable, found: Sequence[Ruling]) -> Iterator[Ruling]:
    """Judge the joint groups; a group with a cell already found impossible is explained by it."""
    for group in JOINT:
        keys = group.cells
        if not set(keys) <= set(table.rows):
            continue
        for method in range(len(table.methods)):
            blamed = {one.violation.accused for one in found if one.violation.method == method and one.cap >= 1}
            if blamed & set(keys) or not _comparable(table, method, keys):
                continue
            outcome = _judged(table, method, keys)
            if isinstance(outcome, Certificate):
                yield Ruling(_joint_violation(table, method, group), "impossible", str(outcome))


def _comparable(table: PrintedTable, method: int, keys: Sequence[str]) -> bool:
    means = [table.rows[key].mean[method] for key in keys]
    counts = {float(table.rows[key].n[method]) for key in keys}
    return bool(np.isfinite(means).all()) and len(counts) == 1


def _joint_violation(table: PrintedTable, method: int, group: JointGroup) -> Violation:
    """Word a joint ruling like a broken rule, by the first-order bound that is missed by most."""
    means = {key: float(table.rows[key].mean[method]) for key in group.cells}
    printed = means[group.accused]
    missed = {"≤": lambda bound: printed - bound.value, "≥": lambda bound: bound.value - printed}
    worst = max(group.bounds(means), key=lambda bound: missed[bound.side](bound))
    label = table.rows[group.accused].quantity.label
    relation = Relation(
        "J1", group.accused, f"{label} {worst.side} {worst.text} (first order; the certificate is exact)", worst.side,
        lambda values: np.full(len(values.low), worst.value), group.cells,
    )  # fmt: skip
    return Violation(relation, method, printed, worst.value, max(missed[worst.side](worst), 0.0), group.accused)
