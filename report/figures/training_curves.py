"""Losses over the steps of every training, failed ones up to where they stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..analysis.results import Results
from .inline_svg import ChartPanel, render_panel
from .palette import STOPPED_COLOUR
from .picture_grid import show_absence
from .style import FULL_WIDTH_INCHES, PLAIN_NUMBER_FORMAT, FinishedFigure, method_colour

TRAINING_PANELS_PER_LINE = 3
PAGE_PANEL_INCHES = (2.7, 2.3)
LOSS_DASHES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class LossLog:
    """The training logs of one row: by seed, a list of (step, losses)."""

    label: str
    status_text: str
    seeds: list[list[tuple[int, dict[str, float]]]]

    @property
    def title(self) -> str:
        """The label, with the status of a training that did not finish."""
        return self.label if self.status_text == "done" else f"{self.label} ({self.status_text.partition(':')[0]})"


def read_loss_log(path: Path) -> list[tuple[int, dict[str, float]]]:
    """Read a ``training.jsonl``; torn lines are left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    entries = [entry for line in lines if isinstance(entry := _parse_line(line), dict)]
    return [(entry["step"], entry["losses"]) for entry in entries if entry["losses"]]


def _parse_line(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def collect_loss_logs(results: Results) -> list[LossLog]:
    """Return the logs of all trained rows and of the segmenter."""
    found = []
    for row in results.rows:
        if row.runs[0].is_learned and not row.runs[0].is_untrained:
            seeds = [read_loss_log(results.run_folder(run) / "training.jsonl") for run in row.runs]
            found.append(LossLog(row.label, results.status_text(row), [seed for seed in seeds if seed]))
    segmenter = results.plan.segmenter
    folders = [results.plan.layout.segmenter_folder(segmenter.name, seed) for seed in results.plan.config["seeds"]]
    own = [log for log in (read_loss_log(folder / "training.jsonl") for folder in folders) if log]
    return [*found, LossLog(f"{segmenter.label} (segmenter)", "done", own)] if own else found


def draw_training_curves(results: Results) -> FinishedFigure | None:
    """Return the training curves, one panel a method; None where nothing left a log."""
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
    """Return the figure's panels for the page; none where nothing left a log."""
    found = collect_loss_logs(results)
    return [_make_page_panel(log) for log in found] if any(log.seeds for log in found) else []


def _make_page_panel(log: LossLog) -> ChartPanel:
    if not log.seeds:
        return ChartPanel(f"{log.title}: no log kept", Markup(""))
    names = dict.fromkeys(name.replace("_", " ") for seed in log.seeds for _, losses in seed for name in losses)
    description = f"Losses over its steps: {', '.join(names)}."
    return ChartPanel(
        log.title, render_panel(log.title, description, lambda axes: _draw_panel(axes, log), PAGE_PANEL_INCHES)
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
    axes.set_yscale("symlog", linthresh=1.0)
    axes.yaxis.set_major_formatter(PLAIN_NUMBER_FORMAT)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.tick_params(labelsize=6)
    axes.legend(fontsize=5.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, handlelength=1.4)
