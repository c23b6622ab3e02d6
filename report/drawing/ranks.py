"""The critical-difference diagram (Demšar 2006): mean ranks, and which methods cannot be told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..results import Results
from .distributions import main_measures
from .style import FULL_WIDTH, Drawn, colour, marker

STEP = 0.5
"""Vertical distance of labels and bars in the units of the axes."""


def cliques(ranks: np.ndarray, critical: float) -> list[tuple[int, int]]:
    """Return the maximal runs (first, last) of sorted mean ranks that differ by less than the critical difference.

    >>> cliques(np.array([1.0, 1.5, 2.9, 4.0]), 1.45)
    [(0, 1), (1, 2), (2, 3)]
    """
    found: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = int(np.flatnonzero(ranks - ranks[first] < critical)[-1])
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found


def critical_difference(results: Results, tables: Path) -> Drawn | None:
    """Return one diagram a measure of Tables 1 and 2, from ``ranks.csv``; None where there is no such table."""
    path = tables / "ranks.csv"
    if not path.is_file():
        return None
    frame = pd.read_csv(path)
    frame = frame[np.isfinite(frame["critical_difference"])]
    measures = [measure for measure in main_measures(results) if measure.name in set(frame["metric"])]
    if not measures:
        return None
    parts = [frame[frame["metric"] == measure.name].sort_values("mean_rank", kind="stable") for measure in measures]
    lines = -(-len(measures) // 2)
    count = max(len(part) for part in parts)
    figure = Figure((FULL_WIDTH, lines * (0.62 + 0.14 * count)), layout="constrained")
    panels = figure.subplots(lines, 2, squeeze=False).ravel()
    labels = {row.id: row.label for row in results.rows}
    order = {row.id: index for index, row in enumerate(row for row in results.rows if not row.ablation)}
    for panel, part, measure in zip(panels, parts, measures, strict=False):
        _diagram(panel, part, labels, order)
        panel.set_title(measure.label, loc="left", fontweight="bold")
    for panel in panels[len(measures) :]:
        panel.set_visible(False)
    caption = (
        "Critical-difference diagrams: mean rank over test images, 1 is best. Methods joined by a bar differ by less "
        "than the critical difference CD (Friedman, then Nemenyi at 5 %). Failed methods have no rank."
    )
    best = "; ".join(f"{m.label}: {labels[part['row'].iloc[0]]}" for m, part in zip(measures, parts, strict=True))
    return Drawn(figure, caption, f"Mean ranks of {count} methods. Best: {best}.")


def _diagram(axes: Axes, part: pd.DataFrame, labels: dict[str, str], order: dict[str, int]) -> None:
    ranks, names = part["mean_rank"].to_numpy(), part["row"].tolist()
    k, critical = len(ranks), float(part["critical_difference"].iloc[0])
    half = -(-k // 2)
    bars = cliques(ranks, critical)
    depth = STEP * (len(bars) * 0.6 + 0.6)
    axes.set_xlim(1 - 0.45 * k, k + 0.45 * k)
    axes.set_ylim(-depth - STEP * (half + 0.4), STEP * 2.2)
    axes.set_axis_off()
    axes.plot([1, k], [0, 0], color="black", linewidth=0.8)
    for tick in range(1, k + 1):
        axes.plot([tick, tick], [0, 0.12], color="black", linewidth=0.8)
        axes.text(tick, 0.2, str(tick), ha="center", va="bottom", fontsize=6)
    axes.plot([1, min(1 + critical, k)], [STEP * 1.7] * 2, color="black", linewidth=1.4)
    axes.text(1, STEP * 1.8, f"CD = {critical:.2f}", fontsize=6, va="bottom")
    for level, (first, last) in enumerate(bars):
        y = -STEP * 0.6 * (level + 0.7)
        axes.plot(
            [ranks[first] - 0.04, ranks[last] + 0.04], [y, y], color="#444444", linewidth=2.4, solid_capstyle="round"
        )
    for place, (rank, name) in enumerate(zip(ranks, names, strict=True)):
        left = place < half
        y = -depth - STEP * (place if left else k - 1 - place)
        end = 1 - 0.08 * k if left else k + 0.08 * k
        tone, sign = colour(order.get(name, 6)), marker(order.get(name, 6))
        axes.plot([rank, rank, end], [0, y, y], color=tone, linewidth=0.8)
        axes.plot([rank], [0], color=tone, marker=sign, markersize=4)
        text = f"{labels.get(name, name)} ({rank:.2f})"
        axes.text(end + (-0.05 if left else 0.05), y, text, ha="right" if left else "left", va="center", fontsize=6)
