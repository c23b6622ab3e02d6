"""The audit: one verdict per cell of a table, with the inequality behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .hard import Violation, fitting_values, run_hard
from .printed_table import PrintedRow, PrintedTable
from .readings import Reading, feasible_readings, readings
from .rulings import Ruling, at_any_prevalence, rulings
from .soft import Hint, soft_hints

SEVERITY = ("untestable", "ok", "suspicious", "inconsistent", "conditional", "impossible")
"""Verdicts, from mildest to worst. ``conditional``: impossible if no image exceeds a share of positive pixels."""


@dataclass(frozen=True)
class JudgedFinding:
    """One rule that a cell breaks.

    Attributes:
        rule: H1 .. H7 (hard), J1 (several cells together, by the judge alone) or S1 .. S8 (soft).
        verdict: ``impossible``, ``conditional``, ``inconsistent``, ``suspicious`` or ``note``.
        inequality: What must hold and what is printed, with numbers.
        margin: By how much it is missed after every rounding is allowed for, in the units of the measured cell.
        margin_rounding: The margin in rounding units (half a last digit); NaN where nothing was rounded.
        margin_sd: The margin in printed sds; NaN without one.
        cells: Quantities involved.
        repair: What would fix it.
        condition: On what it rests, for hard rules.
        certificate: What proves it, for hard rules.
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
class JudgedCell:
    """The verdict on one cell.

    Attributes:
        table: Name of the table.
        metric: Name of the metric as printed.
        quantity: Its name in the rules.
        method: The method.
        mean: Printed mean.
        sd: The standard deviation the printed spread stands for.
        n: Number of images.
        verdict: The worst of its findings; ``ok`` if a rule tested it and none failed; else ``untestable``.
        reason: Why, in a sentence.
        findings: All findings, worst first.
        readings: Readings of the table under which an impossible cell becomes possible.
        repair: What would fix it.
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
    findings: tuple[JudgedFinding, ...] = ()
    readings: tuple[str, ...] = ()
    repair: str = ""


@dataclass(frozen=True)
class Audit:
    """The audit of one table: its cells, other readings, and the rulings behind what is impossible."""

    table: PrintedTable
    cells: tuple[JudgedCell, ...]
    readings: tuple[Reading, ...] = field(default=())
    rulings: tuple[Ruling, ...] = field(default=())

    def frame(self) -> pd.DataFrame:
        """Return one line per cell, the worst finding spelled out."""
        return pd.DataFrame([_line(cell) for cell in self.cells], columns=COLUMNS)

    def examples(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the sets of images that print like cells a cap excludes: a name, and r, SEN and SPE of each image."""
        for ruling in self.rulings:
            if ruling.example is not None:
                method = self.table.methods[ruling.violation.method]
                images = pd.DataFrame(ruling.example.images[:3].T, columns=["share", "sensitivity", "specificity"])
                yield f"{self.table.name}_{ruling.violation.accused}_{method}", images


COLUMNS = [
    "table", "metric", "quantity", "method", "mean", "sd", "n", "verdict", "rule", "reason",
    "condition", "certificate", "margin", "margin_rounding", "margin_sd", "cells",
    "readings", "repair", "other_findings",
]  # fmt: skip
"""Columns of :meth:`Audit.frame`."""


def _line(cell: JudgedCell) -> dict[str, Any]:
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
        joint: Also judge groups of cells that no single rule names; needs numbers that were rounded.
    """
    found = rulings(table, joint=joint)
    hints = soft_hints(table)
    other = readings(at_any_prevalence(table)) if found else []
    reach = _reach(table)
    cells = [
        _cell(table, key, method, found, hints, other, reach[key][method])
        for key in table.rows
        for method in range(len(table.methods))
    ]
    return Audit(table, tuple(cells), tuple(other), tuple(found))


def _reach(table: PrintedTable) -> dict[str, np.ndarray]:
    """Tell per quantity and method whether a rule with another cell, or a range closed on both sides, could test it."""
    reach = {key: np.zeros(len(table.methods), bool) for key in table.rows}
    for result in run_hard(table):
        closed = np.isfinite(table.rows[result.relation.accused].quantity.high)
        if closed or len(result.relation.cells) > 1:
            for key in result.relation.cells:
                reach[key] |= result.testable
    return reach


def _cell(
    table: PrintedTable,
    key: str,
    method: int,
    found: Sequence[Ruling],
    hints: Sequence[Hint],
    other: Sequence[Reading],
    tested: bool,
) -> JudgedCell:
    row = table.rows[key]
    mine = [one for one in found if one.violation.method == method and one.violation.accused == key]
    findings = [_hard_finding(table, ruling) for ruling in mine]
    findings.sort(key=lambda finding: (-_rank(finding.verdict), _needs_sds(finding), -finding.margin))
    soft = [_soft_finding(row, hint) for hint in hints if hint.method == method and hint.quantity == key]
    soft.sort(key=lambda finding: -_rank(finding.verdict))
    findings += soft
    verdict, reason = _verdict(row, method, findings, tested)
    excluded = any(one.verdict == "impossible" for one in mine)
    fits = tuple(feasible_readings(table, method, key, list(other))) if excluded else ()
    within = at_any_prevalence(table) if excluded else table
    repair = _repair(within, key, method, [one.violation for one in mine]) if mine else ""
    return JudgedCell(
        table.name, row.label or row.quantity.label, key, table.methods[method], float(row.mean[method]),
        float(row.sd()[method]), float(row.n[method]), verdict, reason, tuple(findings), fits, repair,
    )  # fmt: skip


def _needs_sds(finding: JudgedFinding) -> bool:
    """Order findings that need means only before those that also need sds: they rest on less."""
    return "sd" in finding.inequality


def _rank(verdict: str) -> int:
    return SEVERITY.index(verdict) if verdict in SEVERITY else SEVERITY.index("ok")


def _verdict(row: PrintedRow, method: int, findings: Sequence[JudgedFinding], tested: bool) -> tuple[str, str]:
    if not np.isfinite(row.mean[method]):
        return "untestable", "nothing is printed" if np.isnan(row.mean[method]) else "the mean is infinite"
    worst = findings[0] if findings else None
    if worst is not None and worst.verdict != "note":
        return worst.verdict, worst.inequality
    if not tested:
        return "untestable", f"no rule relates {row.quantity.label} to another number of the table"
    return "ok", findings[0].inequality if findings else ""


def _hard_finding(table: PrintedTable, ruling: Ruling) -> JudgedFinding:
    violation = ruling.violation
    relation, method = violation.relation, violation.method
    measured = table.rows[relation.measured or relation.accused]
    name = relation.name or measured.quantity.label
    text = f"{relation.text} = {violation.bound:.4f}, printed {name} = {violation.left:.4f}"
    if relation.raw:
        text = f"{relation.text}, printed {violation.left:.4f}"
    if ruling.verdict == "conditional":
        text = f"impossible if {ruling.condition}: {text}; {_way_out(ruling)}"
    return JudgedFinding(
        relation.rule, ruling.verdict, text, violation.margin,
        _over(violation.margin, measured.half[method]), _over(violation.margin, measured.sd()[method]),
        relation.cells, relation.repair, ruling.condition, ruling.proof,
    )  # fmt: skip


def _way_out(ruling: Ruling) -> str:
    text = f"possible only if some image has at least {100 * ruling.needed:.0f} %"
    if ruling.example is not None:
        share = 100 * ruling.example.images[0].max()
        text += f", as in a set of {ruling.example.images.shape[1]} images found (largest share {share:.0f} %)"
    return text


def _soft_finding(row: PrintedRow, hint: Hint) -> JudgedFinding:
    return JudgedFinding(
        hint.rule, hint.verdict, hint.text, hint.margin,
        _over(hint.margin, row.half[hint.method]), _over(hint.margin, row.sd()[hint.method]), hint.cells,
    )  # fmt: skip


def _over(margin: float, unit: float) -> float:
    return float(margin / unit) if np.isfinite(unit) and unit > 0 else float("nan")


def _repair(table: PrintedTable, key: str, method: int, mine: Sequence[Violation]) -> str:
    fits = None if mine[0].relation.rule == "J1" else fitting_values(table, method, key)
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
