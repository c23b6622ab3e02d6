"""Segmentation against quality and against time: a panel each, a labelled point per method, bars of spread."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from ...analysis.tradeoff import TradeoffData, TradeoffMeasure
from .axis import ChartAxis, make_axis
from .elements import LETTER_WIDTH_PX, PlotFrame, draw_dot, draw_line, draw_text, make_svg

TRADEOFF_HEIGHT_PX = 300

PHONE_WIDTH_PX = 340
"""Width of a panel on a phone, px: where labels keep apart there, they keep apart everywhere."""

LABEL_HEIGHT_PX = 13
"""Height of a label, px."""

LABEL_DISTANCE_PX = 9
"""Distance of a label from its point, px."""

LABEL_OFFSETS_PX = (-9, 17, -22, 30, -35, 43, -48)
"""Where a label's baseline may lie below its point, px, where there is no room beside it; in order of preference."""


@dataclass(frozen=True)
class ScatterPoint:
    """A point of a panel: its label, place and spread (standard deviations; NaN where there is none)."""

    label: str
    x: float
    y: float
    x_spread: float
    y_spread: float
    is_pareto_optimal: bool


@dataclass(frozen=True)
class TradeoffPanel:
    """A panel: its title and its picture."""

    title: str
    plot: Markup


def make_tradeoff_panels(found: TradeoffData | None) -> list[TradeoffPanel]:
    """Return the two panels; none where there is nothing to show."""
    if found is None:
        return []
    quality, mask = found.quality, found.mask
    by_quality = [
        ScatterPoint(p.label, p.quality, p.mask, p.quality_sd, p.mask_sd, p in found.pareto_front) for p in found.points
    ]
    by_time = [
        ScatterPoint(p.label, p.seconds, p.mask, math.nan, p.mask_sd, p in found.pareto_front) for p in found.points
    ]
    upward = make_axis(end for spot in by_time for end in _spread_ends(spot.y, spot.y_spread))
    sideways = make_axis(end for spot in by_quality for end in _spread_ends(spot.x, spot.x_spread))
    times = make_axis((spot.x for spot in by_time), "log")
    return [
        _draw_panel(f"{mask.label} against {quality.label}", _axis_name(quality), by_quality, sideways, upward),
        _draw_panel(f"{mask.label} against time", "seconds per image (lower is better)", by_time, times, upward),
    ]


def _axis_name(measure: TradeoffMeasure) -> str:
    return f"{measure.label} ({measure.better} is better)"


def _spread_ends(middle: float, spread: float) -> tuple[float, float]:
    reach = spread if math.isfinite(spread) else 0.0
    return middle - reach, middle + reach


def _draw_panel(
    title: str, name: str, spots: list[ScatterPoint], across: ChartAxis, upward: ChartAxis
) -> TradeoffPanel:
    frame = PlotFrame(across, upward, TRADEOFF_HEIGHT_PX)
    bars = [bar for spot in spots for bar in _draw_spread_bars(frame, spot)]
    dots = [draw_dot(frame.x_share(spot.x), frame.y_px(spot.y), 5, _point_class(spot)) for spot in spots]
    said = "; ".join(f"{spot.label}: {spot.x:.3g}, {spot.y:.3g}" for spot in spots)
    parts = [*frame.draw_axes(name), *bars, *dots, *_draw_labels(frame, spots)]
    return TradeoffPanel(title, make_svg(TRADEOFF_HEIGHT_PX, parts, f"{title}, by method. {said}.", "panel"))


def _point_class(spot: ScatterPoint) -> str:
    return "point gains" if spot.is_pareto_optimal else "point even"


def _draw_spread_bars(frame: PlotFrame, spot: ScatterPoint) -> Iterator[Markup]:
    (left, right), (low, high) = _spread_ends(spot.x, spot.x_spread), _spread_ends(spot.y, spot.y_spread)
    x, y = frame.x_share(spot.x), frame.y_px(spot.y)
    if right > left:
        yield draw_line(frame.x_share(left), y, frame.x_share(right), y, "spread")
    if high > low:
        yield draw_line(x, frame.y_px(low), x, frame.y_px(high), "spread")


def _draw_labels(frame: PlotFrame, spots: list[ScatterPoint]) -> Iterator[Markup]:
    """Yield the points' labels, each at the first place where it covers no other label and no other point."""
    taken = [_make_box(frame.x_share(spot.x) * PHONE_WIDTH_PX - 5, frame.y_px(spot.y) + 5, 10, 10) for spot in spots]
    for spot in spots:
        places = [
            place for place in _iter_label_places(frame, spot) if place.box[0] >= 0 and place.box[2] <= PHONE_WIDTH_PX
        ]
        free = (place for place in places if not any(_boxes_overlap(place.box, other) for other in taken))
        place = next(free, places[0])
        taken.append(place.box)
        yield draw_text(frame.x_share(spot.x), place.box[3], spot.label, place.anchor, "name", dx=place.dx)


@dataclass(frozen=True)
class LabelPlace:
    """Where a label may stand: its box, px on a phone, how it is anchored at its point, and how far from it."""

    box: LabelBox
    anchor: str
    dx: float


def _iter_label_places(frame: PlotFrame, spot: ScatterPoint) -> Iterator[LabelPlace]:
    """Yield places for a label, the clearest first: beside its point, at an end of its bar, then farther off."""
    x, y, width = frame.x_share(spot.x) * PHONE_WIDTH_PX, frame.y_px(spot.y), LETTER_WIDTH_PX * len(spot.label) + 4
    low, high = _spread_ends(spot.y, spot.y_spread)
    right, left = x + LABEL_DISTANCE_PX, x - LABEL_DISTANCE_PX - width
    yield LabelPlace(_make_box(right, y + 4, width, LABEL_HEIGHT_PX), "start", LABEL_DISTANCE_PX)
    yield LabelPlace(_make_box(left, y + 4, width, LABEL_HEIGHT_PX), "end", -LABEL_DISTANCE_PX)
    for baseline in (frame.y_px(high) - 4, frame.y_px(low) + LABEL_HEIGHT_PX):
        yield LabelPlace(_make_box(x - width / 2, baseline, width, LABEL_HEIGHT_PX), "middle", 0)
    for offset in LABEL_OFFSETS_PX:
        yield LabelPlace(_make_box(right, y + offset, width, LABEL_HEIGHT_PX), "start", LABEL_DISTANCE_PX)
        yield LabelPlace(_make_box(left, y + offset, width, LABEL_HEIGHT_PX), "end", -LABEL_DISTANCE_PX)


LabelBox = tuple[float, float, float, float]
"""Left, top, right and bottom, px."""


def _make_box(left: float, bottom: float, width: float, height: float) -> LabelBox:
    return left, bottom - height, left + width, bottom


def _boxes_overlap(one: LabelBox, other: LabelBox) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
