"""The forest plot of the primary analysis: gain over the untouched image, a row per method, with numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from ..analysis.comparison_sentences import format_gain
from ..analysis.numbers import format_signed
from ..analysis.paper import ORACLE_GROUP
from ..analysis.primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from ..tables.render.text import NO_NUMBER
from .svg_elements import (
    ChartAxis,
    draw_arrow,
    draw_diamond,
    draw_line,
    draw_text,
    format_percent,
    format_tick,
    make_axis,
    make_element,
    make_svg,
)

# Class of a mark by the verdict of the test; without a test it is `open`.
MARK_CLASSES = {"better": "gains", "worse": "harms", "no difference shown": "even"}

# Heads of the numbers beside the plot; the page puts the word for the structure before lost and invented.
FOREST_HEADS = ("Gain [95 % CI]", "LQ-trained", "Gap closed", "lost", "invented", "Rank")

MAX_FOREST_TICKS = 8  # the most values written below the plot

# How far below the untouched image the axis goes at most, in gains of the clean image: harm beyond it is an arrow.
MAX_HARM_GAPS = 2.0

# Share of the width from which on a label over the plot has room to the left of its line, on a phone too.
LABEL_FLIP_SHARE = 0.42

HEAD_HEIGHT_PX = 34  # height of the labels over the plot, px


@dataclass(frozen=True)
class ForestRow:
    """A row of the plot.

    Attributes:
        role: ``best trivial``, ``ceiling``, or empty.
        kind: Class of its mark.
        status: ``done``, or how its run ended.
        plot: Its mark and interval.
        numbers: The numbers beside it, in the order of the forest's heads.
        note: What its interval covers.
        heading: Words above it where rows are grouped; empty where its group goes on.
    """

    key: str
    label: str
    role: str
    kind: str
    status: str
    plot: Markup
    numbers: tuple[str, ...]
    note: str = ""
    heading: str = ""


@dataclass(frozen=True)
class ForestPlot:
    """Rows on one axis.

    Attributes:
        heads: Heads of the numbers; a column without any number is left out.
        top: Labels of the untouched and of the clean image.
        axis: Tick labels.
        cut: Whether a row or a part of its interval lies beyond the left end.
    """

    heads: tuple[str, ...]
    top: Markup
    rows: tuple[ForestRow, ...]
    axis: Markup
    cut: bool = False


def make_forest(found: PrimaryAnalysis) -> ForestPlot | None:
    """Return the methods by gain, the best trivial row among them, then failed ones; None without any to show."""
    shown = [row for row in found.rows if row.contender or row.key == found.rival]
    by_gain = sorted(shown, key=lambda row: 0.0 if row.gain is None else -row.gain.mean)
    known = [row for row in by_gain if row.gain is not None]
    ceiling = [row for row in found.rows if row.key == found.ceiling]
    failed = [row for row in shown if row.gain is None]
    return _build_forest(found, [*known, *ceiling, *failed], grouped=False) if shown else None


def make_other_rows_forest(found: PrimaryAnalysis) -> ForestPlot | None:
    """Return the rows that :func:`make_forest` leaves out, group by group; None where there are none."""
    shown = {found.rival, found.ceiling, found.reference}
    rows = [row for row in found.rows if not row.contender and row.key not in shown]
    return _build_forest(found, rows, grouped=True) if rows else None


def _build_forest(found: PrimaryAnalysis, rows: Sequence[PrimaryRow], grouped: bool) -> ForestPlot:
    axis = _make_axis(found, rows)
    texts = [_format_numbers(row) for row in rows]
    kept = [place for place in range(len(FOREST_HEADS)) if any(line[place] != NO_NUMBER for line in texts)]
    before = ""
    lines = []
    for row, numbers in zip(rows, texts, strict=True):
        heading, before = (row.heading if grouped and row.heading != before else ""), row.heading
        lines.append(_make_row(found, row, axis, tuple(numbers[place] for place in kept), heading))
    ticks = [
        draw_text(axis.position(value), 14, format_tick(value, signed=True)) for value in axis.ticks(MAX_FOREST_TICKS)
    ]
    return ForestPlot(
        tuple(FOREST_HEADS[place] for place in kept),
        _draw_head_labels(found, axis),
        tuple(lines),
        make_svg(20, ticks, kind="axis"),
        cut=any(end < axis.low for row in rows for end in _list_interval_ends(row)),
    )


def _make_axis(found: PrimaryAnalysis, rows: Sequence[PrimaryRow]) -> ChartAxis:
    """Return the axis over all intervals; where the ceiling is known, gross failures do not squeeze the others."""
    ceiling = found.find_row(found.ceiling)
    shown = [*rows, *([] if ceiling is None else [ceiling])]
    axis = make_axis([0.0, *(end for row in shown for end in _list_interval_ends(row))], margin=0.04)
    gap = 0.0 if ceiling is None or ceiling.gain is None else ceiling.gain.mean
    return replace(axis, low=max(axis.low, -MAX_HARM_GAPS * gap)) if gap > 0 else axis


def _list_interval_ends(row: PrimaryRow) -> list[float]:
    gains = [gain for gain in (row.gain, row.low_gain) if gain is not None]
    return [end for gain in gains for end in (gain.mean, gain.low, gain.high)]


def _format_numbers(row: PrimaryRow) -> tuple[str, ...]:
    if row.status != "done":
        return (NO_NUMBER,) * len(FOREST_HEADS)
    return (
        NO_NUMBER if row.gain is None else format_gain(row.gain),
        NO_NUMBER if row.low_gain is None else format_signed(row.low_gain.mean),
        f"{format_signed(100 * row.gap_closed, 0)} %" if math.isfinite(row.gap_closed) else NO_NUMBER,
        _format_share(row.lost),
        _format_share(row.invented),
        NO_NUMBER if row.rank is None else row.rank.text,
    )


def _format_share(value: float) -> str:
    return f"{value:.{0 if value >= 100 else 1}f} %" if math.isfinite(value) else NO_NUMBER


def _make_row(
    found: PrimaryAnalysis, row: PrimaryRow, axis: ChartAxis, numbers: tuple[str, ...], heading: str
) -> ForestRow:
    role = {found.rival: "best trivial", found.ceiling: "ceiling"}.get(row.key, "")
    kind = "known" if row.group == ORACLE_GROUP else _mark_class(found, row)
    note = "" if row.gain is None else row.gain.note
    plot = make_svg(0, [*_draw_lines(found, axis), *_draw_mark(row, axis, kind, role), *_draw_low_mark(row, axis)])
    return ForestRow(row.key, row.label, role, kind, row.status, plot, numbers, note, heading)


def _mark_class(found: PrimaryAnalysis, row: PrimaryRow) -> str:
    if not found.tested or row.gain is None:
        return "open"
    return MARK_CLASSES.get(row.gain.verdict, "open")


def _draw_lines(found: PrimaryAnalysis, axis: ChartAxis) -> Iterator[Markup]:
    """Yield the lines that go through every row: grid, untouched image, best trivial row, clean image."""
    for value in axis.ticks(MAX_FOREST_TICKS):
        yield _draw_vertical_line(axis, value, "grid")
    yield _draw_vertical_line(axis, 0.0, "zero")
    for key, kind in ((found.rival, "rival"), (found.ceiling, "ceiling")):
        reference = found.find_row(key)
        gain = None if reference is None else reference.gain
        if gain is not None and axis.low <= gain.mean <= axis.high:
            yield _draw_vertical_line(axis, gain.mean, kind)


def _draw_vertical_line(axis: ChartAxis, value: float, kind: str, top: str = "0", bottom: str = "100%") -> Markup:
    place = format_percent(axis.position(value))
    return make_element("line", x1=place, x2=place, y1=top, y2=bottom, class_=kind)


def _draw_interval(axis: ChartAxis, gain: Gain, height: str, kind: str) -> Markup:
    start, end = (format_percent(axis.position(max(value, axis.low))) for value in (gain.low, gain.high))
    return make_element("line", x1=start, x2=end, y1=height, y2=height, class_=kind)


def _draw_mark(row: PrimaryRow, axis: ChartAxis, kind: str, role: str) -> Iterator[Markup]:
    gain = row.gain
    if gain is None:
        return
    if math.isfinite(gain.low) and gain.high > axis.low:
        yield _draw_interval(axis, gain, "50%", f"interval {kind}")
    share = axis.position(gain.mean)
    if share < 0:
        yield draw_arrow("50%", f"point {kind}")
    elif role:
        yield draw_diamond(share, "50%", f"point {kind}")
    else:
        yield make_element("circle", cx=format_percent(share), cy="50%", r="5.5", class_=f"point {kind}")


def _draw_low_mark(row: PrimaryRow, axis: ChartAxis) -> Iterator[Markup]:
    """Yield the gain under the segmenter trained on LQ images: a thin line with a bar, below the mark."""
    gain = row.low_gain
    if gain is None or gain.high <= axis.low:
        return
    if math.isfinite(gain.low):
        yield _draw_interval(axis, gain, "82%", "low-interval")
    if gain.mean >= axis.low:
        yield _draw_vertical_line(axis, gain.mean, "low-interval", "68%", "96%")


def _draw_head_labels(found: PrimaryAnalysis, axis: ChartAxis) -> Markup:
    """Return the labels of the untouched image and, above it, of the clean one, each at its line."""
    parts = []
    reference, ceiling = found.find_row(found.reference), found.find_row(found.ceiling)
    if reference is not None:
        parts.append(_draw_label(axis, 0.0, HEAD_HEIGHT_PX - 4, "untouched image", reference))
    if ceiling is not None and ceiling.gain is not None:
        share = axis.position(ceiling.gain.mean)
        parts.append(_draw_label(axis, ceiling.gain.mean, HEAD_HEIGHT_PX - 20, "clean image", ceiling))
        parts.append(draw_line(share, HEAD_HEIGHT_PX - 16, share, HEAD_HEIGHT_PX, "ceiling"))
    return make_svg(HEAD_HEIGHT_PX, parts)


def _draw_label(axis: ChartAxis, value: float, y: float, name: str, row: PrimaryRow) -> Markup:
    share = axis.position(value)
    return draw_text(share, y, f"{name} {row.mean:.3f}", "end" if share > LABEL_FLIP_SHARE else "start")
