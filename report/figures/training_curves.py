"""Losses over the steps of every training, failed ones up to where they stopped."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..analysis.loss_logs import LossLog, collect_loss_logs
from ..analysis.results import Results
from .inline_svg import ChartPanel, render_panel
from .palette import STOPPED_COLOUR
from .picture_grid import show_absence
from .style import FULL_WIDTH_INCHES, PLAIN_NUMBER_FORMAT, FinishedFigure, method_colour

TRAINING_PANELS_PER_LINE = 3
CURVES_PANEL_INCHES = (2.7, 2.3)
LOSS_DASHES = ("-", "--", ":", "-.")
# Losses are drawn on a linear scale up to here, and on a logarithmic one beyond.
LINEAR_UP_TO = 1.0


def draw_training_curves(results: Results) -> FinishedFigure | None:
    """Return the training curves, one panel per method; None without logs."""
    found = collect_loss_logs(results)
    if not any(log.seeds for log in found):
        return None
    lines = -(-len(found) // TRAINING_PANELS_PER_LINE)
    figure = Figure((FULL_WIDTH_INCHES, 0.2 + 2.3 * lines), layout="constrained")
    panels = figure.subplots(lines, TRAINING_PANELS_PER_LINE, squeeze=False).ravel()
    for panel, log in zip(panels, found, strict=False):
        _draw_panel(panel, log)
    for panel in panels[len(found) :]:
        panel.set_visible(False)
    figure.supxlabel("training step", fontsize=8)
    caption = (
        "Training losses, means since the line before, one panel a method, one line a loss and seed. "
        "Vertical axes are linear near zero and logarithmic beyond 1."
    )
    names = ", ".join(log.label for log in found)
    stopped = "; ".join(f"{log.label} {log.status_text}" for log in found if log.status_text != "done")
    return FinishedFigure(
        figure, caption, f"Loss curves of {names}. {'Not finished: ' + stopped + '.' if stopped else ''}".strip()
    )


def make_loss_panels(results: Results) -> list[ChartPanel]:
    """Return the figure's panels for the page; none without logs."""
    found = collect_loss_logs(results)
    return [_make_page_panel(log) for log in found] if any(log.seeds for log in found) else []


def _make_page_panel(log: LossLog) -> ChartPanel:
    if not log.seeds:
        return ChartPanel(f"{log.title}: no log kept", Markup(""))
    names = dict.fromkeys(name.replace("_", " ") for seed in log.seeds for _, losses in seed for name in losses)
    description = f"Losses over its steps: {', '.join(names)}."
    return ChartPanel(
        log.title, render_panel(log.title, description, lambda axes: _draw_panel(axes, log), CURVES_PANEL_INCHES)
    )


def _draw_panel(axes: Axes, log: LossLog) -> None:
    done = log.status_text == "done"
    axes.set_title(
        log.title,
        color="black" if done else STOPPED_COLOUR,
    )
    if not log.seeds:
        axes.set_axis_off()
        show_absence(axes, log.status_text if not done else "no log kept")
        return
    for seed, entries in enumerate(log.seeds):
        names = list(dict.fromkeys(name for _, losses in entries for name in losses))
        for index, name in enumerate(names):
            points = [(step, losses[name]) for step, losses in entries if name in losses and np.isfinite(losses[name])]
            looks: dict[str, Any] = {
                "color": method_colour(index),
                "linestyle": LOSS_DASHES[index // 8 % 4],
                "linewidth": 0.9,
            }
            label = shorten(name.replace("_", " "), 24, placeholder="…") if seed == 0 else None
            axes.plot(*zip(*points, strict=True), label=label, **looks) if points else None
    axes.set_yscale("symlog", linthresh=LINEAR_UP_TO)
    if max(map(abs, axes.get_ylim())) <= LINEAR_UP_TO:
        # A symmetrical log axis has no ticks of its own there but its limits, such as -0.0149518.
        axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(PLAIN_NUMBER_FORMAT)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.tick_params(labelsize=6)
    axes.legend(fontsize=5.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, handlelength=1.4)
