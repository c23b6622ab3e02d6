"""Shows whether the order of methods depends on training length: Dice by steps, for rows that differ in steps only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..analysis.paper import UNTOUCHED_ROW
from ..analysis.results import Results
from ..figures.palette import REFERENCE_LINE_COLOUR
from ..figures.style import FULL_WIDTH_INCHES, FinishedFigure, method_style
from ..tables.record import Cell, Column, Row, Table
from .method_order import kendall_w, make_mean_cells


def collect_dice_by_steps(results: Results) -> dict[str, dict[int, Cell]]:
    """Return Dice by method and steps, of the rows that the config adds and that change ``steps`` only."""
    cells = make_mean_cells(results)
    found: dict[str, dict[int, Cell]] = defaultdict(dict)
    for name, rows in results.plan.config["rows"].items():
        for row, values in rows.items():
            cell = cells.get(f"{name}+{row}")
            if set(values) == {"steps"} and cell is not None and np.isfinite(cell.mean):
                found[name][values["steps"]] = cell
    return {name: dict(sorted(line.items())) for name, line in found.items()}


def make_budget_table(results: Results) -> Table | None:
    """Return the table, or None where fewer than two methods were trained for the same two lengths."""
    found = collect_dice_by_steps(results)
    steps = sorted(set.intersection(*(set(line) for line in found.values()))) if found else []
    if len(found) < 2 or len(steps) < 2:
        return None
    grid = pd.DataFrame({count: {name: line[count].mean for name, line in found.items()} for count in steps})
    best = grid.max()
    lines = []
    for name, line in found.items():
        cells = tuple(replace(line[count], best=bool(line[count].mean == best[count])) for count in steps)
        lines.append(Row(name, results.plan.get_method(name).label, cells))
    agreement = kendall_w(grid.rank(ascending=False).to_numpy())
    columns = tuple(Column(f"steps:{count}", f"{count} steps", better="higher") for count in steps)
    note = f"Agreement of the budgets on the order of the methods: Kendall's W = {agreement:.2f} (1: the same order)."
    return Table("budget", "Dice by the number of training steps", columns, tuple(lines), notes=(note,))


def draw_budget_figure(results: Results) -> FinishedFigure:
    """Return Dice against training steps, one line per method; the untouched image's as a line across."""
    figure = Figure((FULL_WIDTH_INCHES * 0.6, 2.8), layout="constrained")
    axes = figure.subplots()
    found = collect_dice_by_steps(results)
    for index, (name, line) in enumerate(found.items()):
        label = results.plan.get_method(name).label
        axes.plot(list(line), [cell.mean for cell in line.values()], **method_style(index), label=label)
    untouched = make_mean_cells(results).get(UNTOUCHED_ROW)
    if untouched is not None:
        looks: dict[str, Any] = {"color": REFERENCE_LINE_COLOUR, "linewidth": 0.8, "linestyle": "--"}
        axes.axhline(untouched.mean, **looks, label="untouched image")
    axes.set_xscale("log")
    steps = sorted({count for line in found.values() for count in line})
    axes.set_xticks(steps, [str(count) for count in steps])
    axes.minorticks_off()
    axes.set_xlabel("training steps")
    axes.set_ylabel("Dice")
    figure.legend(loc="outside right center", frameon=False)
    caption = "Dice of the segmented test images by the number of training steps, all else equal."
    return FinishedFigure(figure, caption, "Lines of Dice against training steps, one per method.")
