"""Judges every cell of a table: a verdict with the inequality that decides it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .printed_table import PrintedRow, PrintedTable
from .readings import Reading, find_feasible_readings, find_readings
from .soft_rules import Hint, check_soft_rules
from .verdict_proofs import VerdictProof, assume_any_prevalence, prove_verdicts
from .violations import Violation, check_hard_rules, find_fitting_range

# Verdicts, from mildest to worst. ``conditional``: impossible if no image exceeds a share of positive pixels.
SEVERITY = ("untestable", "ok", "suspicious", "inconsistent", "conditional", "impossible")


@dataclass(frozen=True)
class Finding:
    """One rule that a cell breaks.

    Attributes:
        rule: H1 .. H7 (hard), J1 (several cells together, decided by the solver alone) or S1 .. S8 (soft).
        verdict: ``impossible``, ``conditional``, ``inconsistent``, ``suspicious`` or ``note``.
        inequality: What must hold and what is printed, with numbers.
        margin: The violation that remains after every rounding, in the units of the measured cell.
        margin_rounding: The margin in rounding units (half a last digit); NaN where nothing was rounded.
        margin_sd: The margin in printed sds; NaN without one.
        cells: Quantities involved.
        repair: How to fix it.
        condition: The assumption about positive pixels, for hard rules.
        certificate: The proof, for hard rules.
    """

    rule: str
    verdict: str
    inequality: str
    margin: float
    margin_rounding: float
    margin_sd: float
    cells: tuple[str, ...]
    repair: str = ""
    condition: str = ""
    certificate: str = ""


@dataclass(frozen=True)
class CellVerdict:
    """The verdict on one cell.

    Attributes:
        table: Name of the table.
        metric: Name of the metric as printed.
        quantity: Its name in the rules.
        method: The method.
        mean: Printed mean.
        sd: The printed spread, converted to a standard deviation.
        n: Number of images.
        verdict: The worst of its findings; ``ok`` if a rule tested it and none failed; else ``untestable``.
        reason: The worst finding, in one sentence.
        findings: All findings, worst first.
        readings: Readings of the table under which an impossible cell becomes possible.
        repair: How to fix it.
    """

    table: str
    metric: str
    quantity: str
    method: str
    mean: float
    sd: float
    n: float
    verdict: str
    reason: str
    findings: tuple[Finding, ...] = ()
    readings: tuple[str, ...] = ()
    repair: str = ""


@dataclass(frozen=True)
class Audit:
    """The audit of one table: its cells, other readings, and the proofs of its impossible cells."""

    table: PrintedTable
    cells: tuple[CellVerdict, ...]
    readings: tuple[Reading, ...] = field(default=())
    proofs: tuple[VerdictProof, ...] = field(default=())

    def frame(self) -> pd.DataFrame:
        """Return one line per cell, the worst finding spelled out."""
        return pd.DataFrame([_line(cell) for cell in self.cells], columns=COLUMNS)

    def examples(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield, for each conditional cell, a name and images that print like it: r, SEN and SPE of each."""
        for proof in self.proofs:
            if proof.example is not None:
                method = self.table.methods[proof.violation.method]
                images = pd.DataFrame(proof.example.images[:3].T, columns=["share", "sensitivity", "specificity"])
                yield f"{self.table.name}_{proof.violation.accused}_{method}", images


# Columns of :meth:`Audit.frame`.
COLUMNS = [
    "table", "metric", "quantity", "method", "mean", "sd", "n", "verdict", "rule", "reason",
    "condition", "certificate", "margin", "margin_rounding", "margin_sd", "cells",
    "readings", "repair", "other_findings",
]  # fmt: skip


def _line(cell: CellVerdict) -> dict[str, Any]:
    line = {key: value for key, value in asdict(cell).items() if key in COLUMNS}
    worst = cell.findings[0] if cell.findings and cell.findings[0].verdict != "note" else None
    rest = cell.findings[1:] if worst else cell.findings
    line.update(
        rule=worst.rule if worst else "",
        condition=worst.condition if worst else "",
        certificate=worst.certificate if worst else "",
        margin=worst.margin if worst else np.nan,
        margin_rounding=worst.margin_rounding if worst else np.nan,
        margin_sd=worst.margin_sd if worst else np.nan,
        cells=" ".join(worst.cells) if worst else "",
        readings="; ".join(cell.readings),
        other_findings="; ".join(f"{finding.rule} ({finding.verdict}): {finding.inequality}" for finding in rest),
    )
    return line


def audit(table: PrintedTable, *, joint: bool = True) -> Audit:
    """Judge every cell of a table.

    Args:
        table: The table.
        joint: Also test groups of cells that no single rule covers; requires rounded numbers.
    """
    found = prove_verdicts(table, joint=joint)
    hints = check_soft_rules(table)
    other = find_readings(assume_any_prevalence(table)) if found else []
    reach = _find_testable_cells(table)
    cells = [
        _cell(table, key, method, found, hints, other, reach[key][method])
        for key in table.rows
        for method in range(len(table.methods))
    ]
    return Audit(table, tuple(cells), tuple(other), tuple(found))


def _find_testable_cells(table: PrintedTable) -> dict[str, np.ndarray]:
    """Find the cells that a rule with another cell, or a range closed on both sides, can test."""
    reach = {key: np.zeros(len(table.methods), bool) for key in table.rows}
    for result in check_hard_rules(table):
        closed = np.isfinite(table.rows[result.relation.accused].quantity.high)
        if closed or len(result.relation.cells) > 1:
            for key in result.relation.cells:
                reach[key] |= result.testable
    return reach


def _cell(
    table: PrintedTable,
    key: str,
    method: int,
    found: Sequence[VerdictProof],
    hints: Sequence[Hint],
    other: Sequence[Reading],
    tested: bool,
) -> CellVerdict:
    row = table.rows[key]
    mine = [one for one in found if one.violation.method == method and one.violation.accused == key]
    findings = [_make_hard_finding(table, proof) for proof in mine]
    findings.sort(key=lambda finding: (-_rank(finding.verdict), _needs_sds(finding), -finding.margin))
    soft = [_make_soft_finding(row, hint) for hint in hints if hint.method == method and hint.quantity == key]
    soft.sort(key=lambda finding: -_rank(finding.verdict))
    findings += soft
    verdict, reason = _verdict(row, method, findings, tested)
    excluded = any(one.verdict == "impossible" for one in mine)
    fits = tuple(find_feasible_readings(table, method, key, list(other))) if excluded else ()
    within = assume_any_prevalence(table) if excluded else table
    repair = _repair(within, key, method, [one.violation for one in mine]) if mine else ""
    return CellVerdict(
        table.name, row.label or row.quantity.label, key, table.methods[method], float(row.mean[method]),
        float(row.sd()[method]), float(row.n[method]), verdict, reason, tuple(findings), fits, repair,
    )  # fmt: skip


def _needs_sds(finding: Finding) -> bool:
    """Return whether a finding uses sds; findings from means alone assume less and come first."""
    return "sd" in finding.inequality


def _rank(verdict: str) -> int:
    return SEVERITY.index(verdict) if verdict in SEVERITY else SEVERITY.index("ok")


def _verdict(row: PrintedRow, method: int, findings: Sequence[Finding], tested: bool) -> tuple[str, str]:
    if not np.isfinite(row.mean[method]):
        return "untestable", "nothing is printed" if np.isnan(row.mean[method]) else "the mean is infinite"
    worst = findings[0] if findings else None
    if worst is not None and worst.verdict != "note":
        return worst.verdict, worst.inequality
    if not tested:
        return "untestable", f"no rule relates {row.quantity.label} to another number of the table"
    return "ok", findings[0].inequality if findings else ""


def _make_hard_finding(table: PrintedTable, proof: VerdictProof) -> Finding:
    violation = proof.violation
    relation, method = violation.relation, violation.method
    measured = table.rows[relation.measured or relation.accused]
    name = relation.name or measured.quantity.label
    text = f"{relation.text} = {violation.bound:.4f}, printed {name} = {violation.left:.4f}"
    if relation.raw:
        text = f"{relation.text}, printed {violation.left:.4f}"
    if proof.verdict == "conditional":
        text = f"impossible if {proof.condition}: {text}; {_describe_exception(proof)}"
    return Finding(
        relation.rule, proof.verdict, text, violation.margin,
        _divide(violation.margin, measured.half[method]), _divide(violation.margin, measured.sd()[method]),
        relation.cells, relation.repair, proof.condition, proof.certificate,
    )  # fmt: skip


def _describe_exception(proof: VerdictProof) -> str:
    text = f"possible only if some image has at least {100 * proof.needed:.0f} %"
    if proof.example is not None:
        share = 100 * proof.example.images[0].max()
        text += f", as in a set of {proof.example.images.shape[1]} images found (largest share {share:.0f} %)"
    return text


def _make_soft_finding(row: PrintedRow, hint: Hint) -> Finding:
    return Finding(
        hint.rule, hint.verdict, hint.text, hint.margin,
        _divide(hint.margin, row.half[hint.method]), _divide(hint.margin, row.sd()[hint.method]), hint.cells,
    )  # fmt: skip


def _divide(margin: float, unit: float) -> float:
    return float(margin / unit) if np.isfinite(unit) and unit > 0 else float("nan")


def _repair(table: PrintedTable, key: str, method: int, mine: Sequence[Violation]) -> str:
    fits = None if mine[0].relation.rule == "J1" else find_fitting_range(table, method, key)
    label = table.rows[key].quantity.label
    if mine[0].relation.rule == "J1":
        hint = f"one of {', '.join(table.rows[cell].quantity.label for cell in mine[0].relation.cells)} is wrong"
    elif fits is None:
        hint = f"no mean of {label} fits the other numbers: its sd, or another cell, is wrong too"
    else:
        hint = f"{label} between {fits[0]:.4f} and {fits[1]:.4f} would fit the other numbers"
    others = sorted({table.rows[other].quantity.label for violation in mine for other in violation.alternatives})
    if others:
        hint += f"; so would another {' or '.join(others)}"
    advice = dict.fromkeys(v.relation.repair for v in mine if v.relation.repair and v.relation.accused == key)
    return "; ".join([hint, *advice])
