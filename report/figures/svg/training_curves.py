"""Losses over the steps of every training: a panel per row, a curve per loss and seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...analysis.loss_logs import LossLog
from .axis import make_axis
from .elements import PlotFrame, draw_paths, make_svg

LOSS_PANEL_HEIGHT_PX = 190

CURVE_COLOUR_COUNT = 8
"""Colours that the style knows; beyond them curves are dashed."""

MAX_CURVE_POINTS = 200
"""Points of a curve at most: of a longer log every k-th line is drawn, and its last."""


@dataclass(frozen=True)
class LossPanel:
    """A panel: its title, its picture (empty where no log was kept), and the names of its losses with their classes."""

    title: str
    plot: Markup
    key: list[tuple[str, str]]


def make_loss_panels(found: Sequence[LossLog]) -> list[LossPanel]:
    """Return a panel per trained row and one for the segmenter; none where nothing left a log."""
    return [_make_panel(log) for log in found] if any(log.seeds for log in found) else []


def _make_panel(log: LossLog) -> LossPanel:
    title = log.label if log.status_text == "done" else f"{log.label} ({log.status_text.partition(':')[0]})"
    names = log.losses
    if not names:
        return LossPanel(f"{title}: no log kept", Markup(""), [])
    kinds = {
        name: f"curve c{number % CURVE_COLOUR_COUNT}{' dashed' * (number >= CURVE_COLOUR_COUNT)}"
        for number, name in enumerate(names)
    }
    drawn = [(kinds[name], points) for seed in log.seeds for name in names if (points := _select_points(seed, name))]
    across = make_axis((step for _, points in drawn for step, _ in points), margin=0.02)
    upward = make_axis((value for _, points in drawn for _, value in points), "symlog")
    frame = PlotFrame(across, upward, LOSS_PANEL_HEIGHT_PX)
    paths = [(_path_data(frame, points), kind) for kind, points in drawn]
    inside = draw_paths(paths, frame.left, frame.right, frame.top, frame.bottom - frame.top)
    said = f"Losses of {title} over its steps: {', '.join(_readable_name(name) for name in names)}."
    plot = make_svg(LOSS_PANEL_HEIGHT_PX, [*frame.draw_axes("step", 4), inside], said, "panel")
    return LossPanel(title, plot, [(_readable_name(name), kinds[name]) for name in names])


def _readable_name(name: str) -> str:
    return name.replace("_", " ")


def _select_points(entries: Sequence[tuple[int, dict[str, float]]], name: str) -> list[tuple[int, float]]:
    found = [(step, losses[name]) for step, losses in entries if math.isfinite(losses.get(name, math.nan))]
    every = -(-len(found) // MAX_CURVE_POINTS) or 1
    return found[::every] if (len(found) - 1) % every == 0 else [*found[::every], found[-1]]


def _path_data(frame: PlotFrame, points: list[tuple[int, float]]) -> str:
    places = (f"{1000 * frame.x.position(x):.0f} {1000 * (1 - frame.y.position(y)):.0f}" for x, y in points)
    return "M" + "L".join(places)
