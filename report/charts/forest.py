"""The forest plot of the primary analysis: gain over the untouched image, a row per method, with numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from ..primary import Gain, PrimaryAnalysis, PrimaryRow
from ..rendering.text import NO_NUMBER, signed_text
from ..subject import ORACLE
from .axis import Axis, axis_over, tick_text
from .svg import arrow, diamond, element, line, percent, picture, text

VERDICTS = {"better": "gains", "worse": "harms", "no difference shown": "even"}
"""Class of a mark by the verdict of the test; without a test it is ``open``."""

COLUMNS = ("Gain [95 % CI]", "Gap closed", "Nerve lost", "Nerve invented")
"""Heads of the numbers beside the plot."""

TICKS = 8
"""The most values written below the plot."""

REACH = 2.0
"""How far below the untouched image the axis goes at most, in gains of the clean image: harm beyond it is an arrow."""

LEFTWARDS = 0.42
"""Share of the width from which on a label over the plot has room to the left of its line, on a phone too."""

HEAD = 34
"""Height of the labels over the plot, px."""


@dataclass(frozen=True)
class ForestRow:
    """A row of the plot.

    Attributes:
        key: ``method`` or ``method+variant``.
        label: Name.
        role: What it stands for: ``best trivial``, ``ceiling``, or nothing.
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
class Forest:
    """Rows on one axis.

    Attributes:
        heads: Heads of the numbers; a column without any number is left out.
        top: Labels of the untouched and of the clean image.
        rows: Rows.
        axis: Tick labels.
        cut: Whether a row or a part of its interval lies beyond the left end.
    """

    heads: tuple[str, ...]
    top: Markup
    rows: tuple[ForestRow, ...]
    axis: Markup
    cut: bool = False


def forest(found: PrimaryAnalysis) -> Forest | None:
    """Return the methods by gain, the best trivial row among them, then failed ones; None without any to show."""
    shown = [row for row in found.rows if row.contender or row.key == found.rival]
    known = sorted((row for row in shown if row.gain is not None), key=_by_gain)
    ceiling = [row for row in found.rows if row.key == found.ceiling]
    failed = [row for row in shown if row.gain is None]
    return _forest(found, [*known, *ceiling, *failed], grouped=False) if shown else None


def others(found: PrimaryAnalysis) -> Forest | None:
    """Return the rows that :func:`forest` leaves out, group by group; None where there are none."""
    shown = {found.rival, found.ceiling, found.reference}
    rows = [row for row in found.rows if not row.contender and row.key not in shown]
    return _forest(found, rows, grouped=True) if rows else None


def _by_gain(row: PrimaryRow) -> float:
    return 0.0 if row.gain is None else -row.gain.mean


def _forest(found: PrimaryAnalysis, rows: Sequence[PrimaryRow], grouped: bool) -> Forest:
    axis = _axis(found, rows)
    texts = [_numbers(row) for row in rows]
    kept = [place for place in range(len(COLUMNS)) if any(line[place] != NO_NUMBER for line in texts)]
    before = ""
    lines = []
    for row, numbers in zip(rows, texts, strict=True):
        heading, before = (row.heading if grouped and row.heading != before else ""), row.heading
        lines.append(_row(found, row, axis, tuple(numbers[place] for place in kept), heading))
    ticks = [text(axis.share(value), 14, tick_text(value, signed=True), kind="tick") for value in axis.ticks(TICKS)]
    heads = tuple(COLUMNS[place] for place in kept)
    cut = any(end < axis.low for end in _ends(rows))
    return Forest(heads, _top(found, axis), tuple(lines), picture(20, ticks, kind="axis"), cut)


def _axis(found: PrimaryAnalysis, rows: Sequence[PrimaryRow]) -> Axis:
    """Return the axis over all intervals; where the ceiling is known, gross failures do not squeeze the others."""
    axis = axis_over([0.0, *_ends(rows), *_ends(_ceiling(found))], margin=0.04)
    gap = max((row.gain.mean for row in _ceiling(found) if row.gain is not None), default=0.0)
    return replace(axis, low=max(axis.low, -REACH * gap)) if gap > 0 else axis


def _ceiling(found: PrimaryAnalysis) -> list[PrimaryRow]:
    return [row for row in found.rows if row.key == found.ceiling]


def _ends(rows: Iterable[PrimaryRow]) -> Iterator[float]:
    for row in rows:
        if row.gain is not None:
            yield from (row.gain.mean, row.gain.low, row.gain.high)


def _numbers(row: PrimaryRow) -> tuple[str, ...]:
    if row.status != "done":
        return (NO_NUMBER,) * len(COLUMNS)
    closed = f"{signed_text(100 * row.closed, 0)} %" if math.isfinite(row.closed) else NO_NUMBER
    shares = [closed, _share(row.lost), _share(row.invented)]
    return (NO_NUMBER if row.gain is None else gain_text(row.gain), *shares)


def gain_text(gain: Gain) -> str:
    """Return a gain with its interval.

    >>> gain_text(Gain(0.0162, 0.0101, 0.0249))
    '+0.016 [+0.010, +0.025]'
    """
    ends = f" [{signed_text(gain.low)}, {signed_text(gain.high)}]" if math.isfinite(gain.low) else ""
    return signed_text(gain.mean) + ends


def _share(value: float) -> str:
    return f"{value:.{0 if value >= 100 else 1}f} %" if math.isfinite(value) else NO_NUMBER


def _row(found: PrimaryAnalysis, row: PrimaryRow, axis: Axis, numbers: tuple[str, ...], heading: str) -> ForestRow:
    role = "best trivial" if row.key == found.rival else "ceiling" if row.key == found.ceiling else ""
    kind = "known" if row.group == ORACLE else _kind(found, row)
    note = "" if row.gain is None else row.gain.note
    plot = picture(0, [*_lines(found, axis), *_mark(row, axis, kind, role)])
    return ForestRow(row.key, row.label, role, kind, row.status, plot, numbers, note, heading)


def _kind(found: PrimaryAnalysis, row: PrimaryRow) -> str:
    if not found.tested or row.gain is None:
        return "open"
    return VERDICTS.get(row.gain.verdict, "open")


def _lines(found: PrimaryAnalysis, axis: Axis) -> Iterator[Markup]:
    """Yield the lines that go through every row: grid, untouched image, best trivial row, clean image."""
    for value in axis.ticks(TICKS):
        yield _upright(axis, value, "grid")
    yield _upright(axis, 0.0, "zero")
    for key, kind in ((found.rival, "rival"), (found.ceiling, "ceiling")):
        reference = found.row(key)
        gain = None if reference is None else reference.gain
        if gain is not None and axis.low <= gain.mean <= axis.high:
            yield _upright(axis, gain.mean, kind)


def _upright(axis: Axis, value: float, kind: str) -> Markup:
    place = percent(axis.share(value))
    return element("line", x1=place, x2=place, y1="0", y2="100%", class_=kind)


def _mark(row: PrimaryRow, axis: Axis, kind: str, role: str) -> Iterator[Markup]:
    gain = row.gain
    if gain is None:
        return
    if math.isfinite(gain.low) and gain.high > axis.low:
        ends = {"x1": percent(axis.share(max(gain.low, axis.low))), "x2": percent(axis.share(gain.high))}
        yield element("line", **ends, y1="50%", y2="50%", class_=f"interval {kind}")
    share = axis.share(gain.mean)
    if share < 0:
        yield arrow("50%", f"point {kind}")
    elif role:
        yield diamond(share, "50%", f"point {kind}")
    else:
        yield element("circle", cx=percent(share), cy="50%", r="5.5", class_=f"point {kind}")


def _top(found: PrimaryAnalysis, axis: Axis) -> Markup:
    """Return the labels of the untouched image and, above it, of the clean one, each at its line."""
    parts = [_label(axis, 0.0, HEAD - 4, "untouched image", row) for row in found.rows if row.key == found.reference]
    for row in _ceiling(found):
        if row.gain is not None:
            parts.append(_label(axis, row.gain.mean, HEAD - 20, "clean image", row))
            parts.append(line(axis.share(row.gain.mean), HEAD - 16, axis.share(row.gain.mean), HEAD, "ceiling"))
    return picture(HEAD, parts)


def _label(axis: Axis, value: float, y: float, name: str, row: PrimaryRow) -> Markup:
    share = axis.share(value)
    return text(share, y, f"{name} {row.mean:.3f}", "end" if share > LEFTWARDS else "start", "tick")
