"""Losses over the steps of every training: a panel per row, a curve per loss and seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from ..drawing.training import Log, logs
from ..results import Results
from .axis import axis_over
from .svg import Frame, curves, picture

HEIGHT = 190

COLOURS = 8
"""Colours that the style knows; beyond them curves are dashed."""

MAX_POINTS = 200
"""Points of a curve at most: of a longer log every k-th line is drawn, and its last."""


@dataclass(frozen=True)
class Curves:
    """A panel: its title, its picture (empty where no log was kept), and the names of its losses with their classes."""

    title: str
    plot: Markup
    key: list[tuple[str, str]]


def training_curves(results: Results) -> list[Curves]:
    """Return a panel per trained row and one for the segmenter; none where nothing left a log."""
    found = logs(results)
    return [_panel(log) for log in found] if any(log.seeds for log in found) else []


def _panel(log: Log) -> Curves:
    title = log.label if log.ended == "done" else f"{log.label} ({log.ended.partition(':')[0]})"
    names = list(dict.fromkeys(name for seed in log.seeds for _, losses in seed for name in losses))
    if not names:
        return Curves(f"{title}: no log kept", Markup(""), [])
    kinds = {name: f"curve c{number % COLOURS}{' dashed' * (number >= COLOURS)}" for number, name in enumerate(names)}
    drawn = [(kinds[name], points) for seed in log.seeds for name in names if (points := _points(seed, name))]
    across = axis_over((step for _, points in drawn for step, _ in points), margin=0.02)
    upward = axis_over((value for _, points in drawn for _, value in points), "symlog")
    frame = Frame(across, upward, HEIGHT)
    paths = [(_path(frame, points), kind) for kind, points in drawn]
    inside = curves(paths, frame.left, frame.right, frame.top, frame.bottom - frame.top)
    said = f"Losses of {title} over its steps: {', '.join(_words(name) for name in names)}."
    plot = picture(HEIGHT, [*frame.axes("step", 4), inside], said, "panel")
    return Curves(title, plot, [(_words(name), kinds[name]) for name in names])


def _words(name: str) -> str:
    return name.replace("_", " ")


def _points(entries: list[tuple[int, dict[str, float]]], name: str) -> list[tuple[int, float]]:
    found = [(step, losses[name]) for step, losses in entries if math.isfinite(losses.get(name, math.nan))]
    every = -(-len(found) // MAX_POINTS) or 1
    return found[::every] if (len(found) - 1) % every == 0 else [*found[::every], found[-1]]


def _path(frame: Frame, points: list[tuple[int, float]]) -> str:
    places = (f"{1000 * frame.x.share(x):.0f} {1000 * (1 - frame.y.share(y)):.0f}" for x, y in points)
    return "M" + "L".join(places)
