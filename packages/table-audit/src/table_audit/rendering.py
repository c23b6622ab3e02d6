"""Prints an audit: a grid of verdicts, the findings in words, CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from .cell_verdicts import SEVERITY, Audit, CellVerdict
from .claims import ClaimResult
from .metric_lines import metric_lines

# Printed under every audit.
CITATION = (
    "Consistency testing of reported scores was introduced by mlscorecheck (Kovács & Fazekas, arXiv 2310.12527); "
    "the README of table-audit explains what this audit adds."
)


_ABOUT = {"results": "Claims about results", "text": "Claims about the text itself (no finding about results)"}


def count_verdicts(audits: Iterable[Audit]) -> str:
    """Return one line: how many cells have which verdict."""
    verdicts = [cell.verdict for audit in audits for cell in audit.cells]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in reversed(SEVERITY))


def verdict_grid(audit: Audit) -> pd.DataFrame:
    """Return the verdicts as a table of metrics by methods."""
    labels = [row.label or row.quantity.label for row in audit.table.rows.values()]
    frame = pd.DataFrame("", index=labels, columns=list(audit.table.methods))
    for cell in audit.cells:
        frame.loc[cell.metric, cell.method] = cell.verdict
    return frame


def overview(cells: pd.DataFrame) -> pd.DataFrame:
    """Return one line per metric: which methods' cells have which verdict.

    Args:
        cells: One line per cell, as :meth:`Audit.frame` gives them.

    Returns:
        table, metric, impossible, inconsistent, suspicious, ok, untestable; the last five name methods.
    """
    lines = []
    for (table, metric), part in cells.groupby(["table", "metric"], sort=False):
        line = {"table": table, "metric": metric}
        for verdict in reversed(SEVERITY):
            methods = part.loc[part["verdict"] == verdict, "method"].tolist()
            line[verdict] = f"all {len(part)}" if len(methods) == len(part) > 1 else ", ".join(methods)
        lines.append(line)
    return pd.DataFrame(lines, columns=["table", "metric", *reversed(SEVERITY)])


def to_frame(audits: Sequence[Audit]) -> pd.DataFrame:
    """Return one line per cell of all tables."""
    return pd.concat([audit.frame() for audit in audits], ignore_index=True)


def claims_frame(claims: Sequence[ClaimResult]) -> pd.DataFrame:
    """Return one line per claim."""
    return pd.DataFrame(
        [(claim.kind, claim.about, claim.quote, claim.verdict, claim.detail) for claim in claims],
        columns=["kind", "about", "quote", "verdict", "detail"],
    )


def to_text(audits: Sequence[Audit], claims: Sequence[ClaimResult] = (), title: str = "") -> str:
    """Return the audit for a terminal."""
    lines = [f"Audit of {title}".rstrip(), count_verdicts(audits), ""]
    for audit in audits:
        lines += [f"{audit.table.name}: {audit.table.caption}".rstrip(": "), verdict_grid(audit).to_string(), ""]
        for cell in _select_notable_cells(audit):
            lines += _render_cell(cell)
        lines += [f"  reading: {text}" for text in render_readings(audit)]
        lines.append("")
    summary = metric_lines(audits)
    if summary:
        lines += ["Printed value, what it allows, which values would fit", *(f"  {line}" for line in summary), ""]
    for about, heading in _ABOUT.items():
        part = [claim for claim in claims if claim.about == about]
        lines += [heading, *(f"  {c.verdict:>15}  “{c.quote}”: {c.detail}" for c in part), ""] if part else []
    return "\n".join([*lines, CITATION])


def _select_notable_cells(audit: Audit) -> list[CellVerdict]:
    notable = [cell for cell in audit.cells if cell.verdict in SEVERITY[2:]]
    return sorted(notable, key=lambda cell: -SEVERITY.index(cell.verdict))


def _render_cell(cell: CellVerdict) -> list[str]:
    worst = cell.findings[0]
    lines = [
        f"  {cell.verdict:>12}  {cell.metric} of {cell.method} ({worst.rule}): {cell.reason}{_render_margin(cell)}"
    ]
    if cell.readings:
        lines.append(f"{'':16}possible if {'; or if '.join(cell.readings)}")
    elif cell.verdict == "impossible":
        lines.append(f"{'':16}possible under no reading tried")
    if cell.repair:
        lines.append(f"{'':16}repair: {cell.repair}")
    if worst.certificate:
        lines.append(f"{'':16}proof: {worst.certificate}")
    return lines


def _render_margin(cell: CellVerdict) -> str:
    worst = cell.findings[0]
    if not np.isfinite(worst.margin):
        return ""
    parts = [f"off by {worst.margin:.4f}"]
    if np.isfinite(worst.margin_rounding):
        parts.append(f"{worst.margin_rounding:.0f} rounding units")
    if np.isfinite(worst.margin_sd):
        parts.append(f"{worst.margin_sd:.2f} sd")
    return f" [{', '.join(parts)}]"


def render_readings(audit: Audit) -> list[str]:
    """Return one line per reading: how many cells stay impossible under it."""
    now = sum(cell.verdict == "impossible" for cell in audit.cells)
    lines = []
    for reading in audit.readings:
        remark = f"; {reading.remark}" if reading.remark else ""
        count = sum(int(np.count_nonzero(~where)) for where in reading.possible.values())
        lines.append(f"if {reading.text}: {count} cells impossible (as printed: {now}){remark}")
    return lines


def to_markdown(audits: Sequence[Audit], claims: Sequence[ClaimResult] = (), title: str = "") -> str:
    """Return the audit as Markdown."""
    lines = [f"# Audit of {title}".rstrip(), "", count_verdicts(audits), ""]
    for audit in audits:
        lines += [
            f"## {audit.table.name}",
            "",
            audit.table.caption,
            "",
            *_render_markdown_table(verdict_grid(audit)),
            "",
        ]
        for cell in _select_notable_cells(audit):
            lines.append("- " + " ".join(line.strip() for line in _render_cell(cell)))
        lines += [f"- reading: {text}" for text in render_readings(audit)]
        lines.append("")
    if claims:
        lines += ["## Claims of the text", ""]
        lines += _render_markdown_table(claims_frame(claims).set_index("quote")[["verdict", "detail"]])
    return "\n".join([*lines, "", CITATION, ""])


def _render_markdown_table(frame: pd.DataFrame) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    head = [line(["", *frame.columns]), line(["---"] * (len(frame.columns) + 1))]
    return head + [line([name, *frame.loc[name].tolist()]) for name in frame.index]
