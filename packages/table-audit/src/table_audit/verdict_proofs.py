"""Proves each "impossible" verdict: tests every group of cells that breaks a rule, and two groups without a rule.

The rules (:mod:`table_audit.hard_rules`) are quick and select the cells to test. The solver
(:mod:`table_audit.feasibility`) then decides: ``impossible`` with a certificate at any share of positive pixels, or
``conditional`` if the certificate holds only as long as no image exceeds a cap. If some set of images does print like
this, the set itself is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .certificate import Certificate, read_moments
from .example import Example, build_example
from .feasibility import Mixture, decide_feasibility
from .image_measures import POINTWISE
from .printed_table import PrintedTable
from .relation import Relation
from .violations import Violation, find_smallest_cap, find_violations

ANY_SHARE = (0.0, 1.0)
# Quantities that the solver handles: those of an image's confusion matrix, and AUC.
KNOWN = frozenset({*POINTWISE, "auc"})


@dataclass(frozen=True)
class Bound:
    """A first-order bound on a mean: its side, value and derivation."""

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
    """Cells that are tested together although no rule covers them all.

    Attributes:
        accused: The cell that is blamed.
        others: The cells it is tested with.
        bounds: First-order bounds on the accused mean from the others: exact for one image, approximate for means.
    """

    accused: str
    others: tuple[str, ...]
    bounds: Callable[[Mapping[str, float]], Sequence[Bound]]

    @property
    def cells(self) -> tuple[str, ...]:
        """All cells of the group, the accused first."""
        return (self.accused, *self.others)


# Any three of ACC, SEN, SPE and Dice imply the share of positives; SPE is blamed because the others agree.
JOINT = (
    JointGroup("kappa", ("dice", "accuracy"), _kappa_bounds),
    JointGroup("specificity", ("sensitivity", "accuracy", "dice"), _specificity_bounds),
)


@dataclass(frozen=True)
class VerdictProof:
    """The solver's answer for a group of cells of one method.

    Attributes:
        violation: The rule that is broken, with the cell that is blamed.
        verdict: ``impossible``, ``conditional`` (no image may exceed ``cap``), or ``possible``.
        certificate: The proof, in a form that arithmetic can check.
        cap: The largest share of positive pixels that the verdict assumes; 1 for none.
        needed: Share of positive pixels some image must reach where the verdict is conditional, else NaN.
        example: Images that print like this, where they were found.
    """

    violation: Violation
    verdict: str
    certificate: str
    cap: float = 1.0
    needed: float = float("nan")
    example: Example | None = None

    @property
    def condition(self) -> str:
        """The assumption of the verdict, in words."""
        if self.cap >= 1:
            return "any share of positive pixels"
        return f"no image exceeds {100 * self.cap:g} % positive pixels"


def assume_any_prevalence(table: PrintedTable) -> PrintedTable:
    """Return the table without assumptions about the share of positive pixels."""
    size = len(table.methods)
    return replace(table, prevalence_low=np.zeros(size), prevalence_high=np.ones(size))


def prove_verdicts(table: PrintedTable, *, joint: bool = True) -> list[VerdictProof]:
    """Test every group of cells that breaks a rule and, with ``joint``, the groups of :data:`JOINT`."""
    free = find_violations(assume_any_prevalence(table))
    known = {(violation.method, violation.relation.text) for violation in free}
    capped = [one for one in find_violations(table) if (one.method, one.relation.text) not in known]
    decisions: DecisionCache = {}
    found = [_prove_at_any_share(table, violation, decisions) for violation in free]
    found += [_prove_below_cap(table, violation) for violation in capped]
    if joint:
        found += list(_prove_joint_groups(table, found))
    return found


DecisionCache = dict[tuple[int, frozenset[str]], "Certificate | Mixture | None"]


def _decide(table: PrintedTable, method: int, keys: Sequence[str]) -> Certificate | Mixture | None:
    return decide_feasibility(read_moments(table, method, keys), ANY_SHARE)


def _prove_at_any_share(table: PrintedTable, violation: Violation, decisions: DecisionCache) -> VerdictProof:
    """Prove a rule that is broken at any share of positives; the rule itself is the proof if the solver finds none."""
    cells = violation.relation.cells
    group = violation.method, frozenset(cells)
    if group not in decisions:
        decisions[group] = _decide(table, violation.method, cells) if set(cells) <= KNOWN else None
    outcome = decisions[group]
    if isinstance(outcome, Certificate):
        return VerdictProof(violation, "impossible", str(outcome))
    return VerdictProof(violation, "impossible", f"by arithmetic: {violation.relation.text}")


def _prove_below_cap(table: PrintedTable, violation: Violation) -> VerdictProof:
    """Prove a rule that is broken only as long as images have few positives."""
    cells, method = violation.relation.cells, violation.method
    outcome = _decide(table, method, cells)
    if isinstance(outcome, Certificate):
        same = [group for group in JOINT if (group.accused, set(group.cells)) == (violation.accused, set(cells))]
        return VerdictProof(
            _word_joint_violation(table, method, same[0]) if same else violation, "impossible", str(outcome)
        )
    cap = float(table.prevalence_high[method])
    shares = float(table.prevalence_low[method]), cap
    within = decide_feasibility(read_moments(table, method, cells), shares)
    proof = str(within) if isinstance(within, Certificate) else f"by arithmetic: {violation.relation.text}"
    needed = find_smallest_cap(table, method, violation.accused)
    found = build_example(table, method, cells, outcome) if isinstance(outcome, Mixture) else None
    return VerdictProof(violation, "conditional", proof, cap, float("nan") if needed is None else needed, found)


def _prove_joint_groups(table: PrintedTable, found: Sequence[VerdictProof]) -> Iterator[VerdictProof]:
    """Test the joint groups, except those with a cell that is already impossible."""
    for group in JOINT:
        keys = group.cells
        if not set(keys) <= set(table.rows):
            continue
        for method in range(len(table.methods)):
            blamed = {one.violation.accused for one in found if one.violation.method == method and one.cap >= 1}
            if blamed & set(keys) or not _is_comparable(table, method, keys):
                continue
            outcome = _decide(table, method, keys)
            if isinstance(outcome, Certificate):
                yield VerdictProof(_word_joint_violation(table, method, group), "impossible", str(outcome))


def _is_comparable(table: PrintedTable, method: int, keys: Sequence[str]) -> bool:
    means = [table.rows[key].mean[method] for key in keys]
    counts = {float(table.rows[key].n[method]) for key in keys}
    return bool(np.isfinite(means).all()) and len(counts) == 1


def _word_joint_violation(table: PrintedTable, method: int, group: JointGroup) -> Violation:
    """Describe a joint proof like a broken rule, by the first-order bound with the largest violation."""
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
