"""Losses over the steps of every training, failed ones up to where they stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sspbench.releases.losses import TRAINING_LOG_FILE, LossEntries, read_training_log

from ..analysis.results import Results
from .inline_svg import ChartPanel, NumberFigure
from .palette import STOPPED_COLOUR
from .picture_grid import show_absence
from .style import PLAIN_NUMBER_FORMAT, FinishedFigure, make_panels, method_colour

TRAINING_PANELS_PER_LINE = 3
CURVES_PANEL_INCHES = (2.7, 2.3)
LOSS_DASHES = ("-", "--", ":", "-.")
# Losses are drawn on a linear scale up to here, and on a logarithmic one beyond.
LINEAR_UP_TO = 1.0


@dataclass(frozen=True)
class LossLog:
    """The training logs of one row.

    Attributes:
        seeds: By seed, (step, losses by name) for every line of its log.
    """

    label: str
    status_text: str
    seeds: list[LossEntries]

    @property
    def title(self) -> str:
        """The label, with the status of a training that did not finish."""
        return self.label if self.status_text == "done" else f"{self.label} ({self.status_text.partition(':')[0]})"


def plan_training_curves(results: Results) -> NumberFigure | None:
    """Return the training curves, one panel per method; None without logs."""
    logs = collect_loss_logs(results)
    if not any(log.seeds for log in logs):
        return None
    return NumberFigure(partial(_draw_figure, logs), [_plan_page_panel(log) for log in logs])


def collect_loss_logs(results: Results) -> list[LossLog]:
    """Return the logs of all trained rows and of the segmenter."""
    found = [
        _make_log(row.label, results.status_text(row), [results.run_folder(run) for run in row.runs])
        for row in results.rows
        if row.is_trained
    ]
    segmenter = results.plan.segmenter
    folders = [results.plan.layout.segmenter_folder(segmenter.name, seed) for seed in results.plan.config["seeds"]]
    own = _make_log(f"{segmenter.label} (segmenter)", "done", folders)
    return [*found, own] if own.seeds else found


def _make_log(label: str, status_text: str, folders: Sequence[Path]) -> LossLog:
    logs = [read_training_log(folder / TRAINING_LOG_FILE) for folder in folders]
    return LossLog(label, status_text, [log for log in logs if log])


def _draw_figure(logs: list[LossLog]) -> FinishedFigure:
    figure, panels = make_panels(len(logs), TRAINING_PANELS_PER_LINE, 2.3, 0.2)
    for panel, log in zip(panels, logs, strict=True):
        _draw_panel(panel, log)
    figure.supxlabel("training step", fontsize=8)
    caption = (
        "Training losses, means since the line before, one panel a method, one line a loss and seed. "
        "Vertical axes are linear near zero and logarithmic beyond 1."
    )
    names = ", ".join(log.label for log in logs)
    stopped = "; ".join(f"{log.label} {log.status_text}" for log in logs if log.status_text != "done")
    alt = f"Loss curves of {names}." + (f" Not finished: {stopped}." if stopped else "")
    return FinishedFigure(figure, caption, alt)


def _plan_page_panel(log: LossLog) -> ChartPanel:
    if not log.seeds:
        return ChartPanel(f"{log.title}: no log kept")
    names = dict.fromkeys(name.replace("_", " ") for seed in log.seeds for _, losses in seed for name in losses)
    description = f"Losses over its steps: {', '.join(names)}."
    return ChartPanel(log.title, description, partial(_draw_panel, log=log), CURVES_PANEL_INCHES)


def _draw_panel(axes: Axes, log: LossLog) -> None:
    done = log.status_text == "done"
    axes.set_title(log.title, color="black" if done else STOPPED_COLOUR)
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
            if points:
                axes.plot(*zip(*points, strict=True), label=label, **looks)
    axes.set_yscale("symlog", linthresh=LINEAR_UP_TO)
    if max(map(abs, axes.get_ylim())) <= LINEAR_UP_TO:
        # A symmetrical log axis has no ticks of its own there but its limits, such as -0.0149518.
        axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(PLAIN_NUMBER_FORMAT)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.tick_params(labelsize=6)
    axes.legend(fontsize=5.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, handlelength=1.4)
