"""One line per impossible cell: the printed value, what it allows, and which values would fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from .cell_verdicts import Audit, CellVerdict
from .certificate import read_moments
from .feasibility import find_feasible_range
from .printed_table import PrintedTable
from .verdict_proofs import VerdictProof, assume_any_prevalence
from .violations import find_fitting_range


@dataclass(frozen=True)
class MetricLine:
    """Why a printed number contradicts the others, in numbers.

    Attributes:
        table: The table.
        metric: The metric as printed.
        method: The method.
        printed: The printed mean.
        rule: The rule that is broken.
        bounded: What the rule bounds, e.g. ``Dice`` for a wrong FDR.
        side: ``≤`` or ``≥``.
        bound: The bound.
        bounded_printed: What is printed for it.
        fits_low: Smallest mean of the metric that would fit the others; NaN where none does.
        fits_high: Largest mean that would fit.
        condition: The assumption about positive pixels.
        certificate: Its proof.
    """

    table: str
    metric: str
    method: str
    printed: float
    rule: str
    bounded: str
    side: str
    bound: float
    bounded_printed: float
    fits_low: float
    fits_high: float
    condition: str
    certificate: str

    def __str__(self) -> str:
        if not np.isfinite(self.fits_low):
            fits = "no mean fits the others"
        elif self.fits_low <= self.printed <= self.fits_high:
            return (
                f"{self.metric} of {self.method}: {self.printed:.4f} printed → this mean fits the others, but not with "
                f"its ± → {self.fits_low:.3f} to {self.fits_high:.3f} would fit with another ± ({self.condition})"
            )
        else:
            fits = f"{self.fits_low:.3f} to {self.fits_high:.3f} would fit"
        return (
            f"{self.metric} of {self.method}: {self.printed:.4f} printed → allows {self.bounded} {self.side} "
            f"{self.bound:.4f}, printed {self.bounded_printed:.4f} → {fits} ({self.condition})"
        )


def metric_lines(audits: Sequence[Audit]) -> list[MetricLine]:
    """Return one line per impossible or conditional cell, by its worst proof."""
    return [
        _line(audit.table, cell, proof)
        for audit in audits
        for cell in audit.cells
        if (proof := _find_worst_proof(audit, cell)) is not None
    ]


def lines_frame(lines: Sequence[MetricLine]) -> pd.DataFrame:
    """Return the lines as a table, one column per attribute."""
    return pd.DataFrame([vars(line) for line in lines], columns=[field.name for field in fields(MetricLine)])


def _find_worst_proof(audit: Audit, cell: CellVerdict) -> VerdictProof | None:
    """Return the proof behind the worst finding of a cell."""
    if cell.verdict not in ("impossible", "conditional"):
        return None
    proof = cell.findings[0].certificate
    method = audit.table.methods.index(cell.method)
    mine = [one for one in audit.proofs if (one.violation.method, one.violation.accused) == (method, cell.quantity)]
    return next(one for one in mine if one.certificate == proof)


def _line(table: PrintedTable, cell: CellVerdict, proof: VerdictProof) -> MetricLine:
    violation = proof.violation
    relation = violation.relation
    measured = table.rows[relation.measured or relation.accused].quantity.label
    low, high = _fits(table, proof)
    side, bound = relation.side, violation.bound
    if relation.rule == "J1" and np.isfinite(low) and not low <= cell.mean <= high:
        side, bound = ("≥", low) if cell.mean < low else ("≤", high)
    return MetricLine(
        cell.table, cell.metric, cell.method, cell.mean, relation.rule, relation.name or measured, side,
        bound, violation.left, low, high, proof.condition, proof.certificate,
    )  # fmt: skip


def _fits(table: PrintedTable, proof: VerdictProof) -> tuple[float, float]:
    """Return the means that fit: by the rules, or by mixtures of images for J1."""
    violation = proof.violation
    if violation.relation.rule != "J1":
        within = table if proof.verdict == "conditional" else assume_any_prevalence(table)
        found = find_fitting_range(within, violation.method, violation.accused)
        return found or (float("nan"), float("nan"))
    others = [key for key in violation.relation.cells if key != violation.accused]
    return find_feasible_range(read_moments(table, violation.method, others), violation.accused)
