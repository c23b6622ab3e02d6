"""Segmentation against quality and against time: a panel each, a labelled point per method, bars of spread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from sspbench.contract import Measure

from ..drawing.tradeoff import Known, Point, known
from ..results import Results
from .axis import Axis, axis_over
from .svg import LETTER, Frame, dot, line, picture, text

HEIGHT = 300

NARROW = 340
"""Width of a panel on a phone, px: where labels keep apart there, they keep apart everywhere."""

LINE = 13
"""Height of a label, px."""

APART = 9
"""Distance of a label from its point, px."""

OFFSETS = (-9, 17, -22, 30, -35, 43, -48)
"""Where a label's baseline may lie below its point, px, where there is no room beside it; in order of preference."""


@dataclass(frozen=True)
class Spot:
    """A point of a panel: its label, place and spread (standard deviations; NaN where there is none)."""

    label: str
    x: float
    y: float
    across: float
    down: float
    front: bool


@dataclass(frozen=True)
class Plot:
    """A panel: its title and its picture."""

    title: str
    plot: Markup


def plots(results: Results) -> list[Plot]:
    """Return the two panels; none where Dice, a quality measure or all times are missing."""
    found = known(results)
    if found is None:
        return []
    quality, mask = found.quality, found.mask
    by_quality = list(_spots(results, found, lambda point: point.quality, quality))
    by_time = list(_spots(results, found, lambda point: point.seconds, None))
    upward = axis_over(end for spot in by_time for end in _ends(spot.y, spot.down))
    sideways = axis_over(end for spot in by_quality for end in _ends(spot.x, spot.across))
    times = axis_over((spot.x for spot in by_time), "log")
    return [
        _plot(f"{mask.label} against {quality.label}", _name(quality), by_quality, sideways, upward),
        _plot(f"{mask.label} against time", "seconds per image (lower is better)", by_time, times, upward),
    ]


def _name(measure: Measure) -> str:
    return f"{measure.label} ({measure.better} is better)"


def _spots(results: Results, found: Known, x: Callable[[Point], float], measure: Measure | None) -> Iterator[Spot]:
    for point in found.points:
        across = math.nan if measure is None else results.summary(point.row.id, measure.name).sd_images
        down = results.summary(point.row.id, found.mask.name).sd_images
        yield Spot(point.row.label, x(point), point.mask, across, down, point in found.front)


def _ends(middle: float, spread: float) -> tuple[float, float]:
    reach = spread if math.isfinite(spread) else 0.0
    return middle - reach, middle + reach


def _plot(title: str, name: str, spots: list[Spot], across: Axis, upward: Axis) -> Plot:
    frame = Frame(across, upward, HEIGHT)
    bars = [bar for spot in spots for bar in _bars(frame, spot)]
    dots = [dot(frame.across(spot.x), frame.down(spot.y), 5, _kind(spot)) for spot in spots]
    said = "; ".join(f"{spot.label}: {spot.x:.3g}, {spot.y:.3g}" for spot in spots)
    parts = [*frame.axes(name), *bars, *dots, *_labels(frame, spots)]
    return Plot(title, picture(HEIGHT, parts, f"{title}, by method. {said}.", "panel"))


def _kind(spot: Spot) -> str:
    return "point gains" if spot.front else "point even"


def _bars(frame: Frame, spot: Spot) -> Iterator[Markup]:
    (left, right), (low, high) = _ends(spot.x, spot.across), _ends(spot.y, spot.down)
    x, y = frame.across(spot.x), frame.down(spot.y)
    if right > left:
        yield line(frame.across(left), y, frame.across(right), y, "spread")
    if high > low:
        yield line(x, frame.down(low), x, frame.down(high), "spread")


def _labels(frame: Frame, spots: list[Spot]) -> Iterator[Markup]:
    """Yield the points' labels, each at the first place where it covers no other label and no other point."""
    taken = [_box(frame.across(spot.x) * NARROW - 5, frame.down(spot.y) + 5, 10, 10) for spot in spots]
    for spot in spots:
        places = [place for place in _places(frame, spot) if place.box[0] >= 0 and place.box[2] <= NARROW]
        free = (place for place in places if not any(_meet(place.box, other) for other in taken))
        place = next(free, places[0])
        taken.append(place.box)
        yield text(frame.across(spot.x), place.box[3], spot.label, place.anchor, "name", dx=place.dx)


@dataclass(frozen=True)
class Place:
    """Where a label may stand: its box, px on a phone, how it is anchored at its point, and how far from it."""

    box: Box
    anchor: str
    dx: float


def _places(frame: Frame, spot: Spot) -> Iterator[Place]:
    """Yield places for a label, the clearest first: beside its point, at an end of its bar, then farther off."""
    x, y, width = frame.across(spot.x) * NARROW, frame.down(spot.y), LETTER * len(spot.label) + 4
    low, high = _ends(spot.y, spot.down)
    right, left = x + APART, x - APART - width
    yield Place(_box(right, y + 4, width, LINE), "start", APART)
    yield Place(_box(left, y + 4, width, LINE), "end", -APART)
    for baseline in (frame.down(high) - 4, frame.down(low) + LINE):
        yield Place(_box(x - width / 2, baseline, width, LINE), "middle", 0)
    for offset in OFFSETS:
        yield Place(_box(right, y + offset, width, LINE), "start", APART)
        yield Place(_box(left, y + offset, width, LINE), "end", -APART)


Box = tuple[float, float, float, float]
"""Left, top, right and bottom, px."""


def _box(left: float, bottom: float, width: float, height: float) -> Box:
    return left, bottom - height, left + width, bottom


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
