"""SVG whose horizontal places are shares of its width, its text in pixels: it widens without scaling its letters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True)
class ChartAxis:
    """A range of values.

    Attributes:
        low: Value at its start.
        high: Value at its end, above ``low``.
    """

    low: float
    high: float

    def position(self, value: float) -> float:
        """Return where a value lies: 0 at ``low``, 1 at ``high``."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self, maximum: int = 6) -> list[float]:
        """Return the multiples of 1, 2 or 5 times a power of ten inside the range, at most ``maximum``."""
        length = self.high - self.low
        power = 10.0 ** math.floor(math.log10(length / maximum))
        step = next(factor * power for factor in (1, 2, 5, 10, 20) if length / (factor * power) <= maximum)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(number * step, 12) for number in range(first, last + 1)]


def make_axis(values: Iterable[float], margin: float = 0.05) -> ChartAxis:
    """Return the axis that holds all finite values with a margin at both ends; around a lone value, one of its size."""
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * margin or abs(high) * margin or margin
    return ChartAxis(low - room, high + room)


def format_tick(value: float, signed: bool = False) -> str:
    """Return a tick as people read it.

    >>> format_tick(0.05, signed=True), format_tick(-0.2), format_tick(0.0, signed=True), format_tick(20000)
    ('+0.05', '−0.2', '0', '20k')
    """
    text = f"{value / 1000:g}k" if abs(value) >= 10000 else f"{value:g}"
    return ("+" if signed and value > 0 else "") + text.replace("-", "\N{MINUS SIGN}")


def make_element(name: str, *body: str | Markup, **attributes: object) -> Markup:
    """Return an element; a trailing underscore of an attribute is dropped, others become hyphens, texts are escaped.

    >>> str(make_element("text", "a<b", class_="soft", text_anchor="end"))
    '<text class="soft" text-anchor="end">a&lt;b</text>'
    """
    names = {key: key.rstrip("_").replace("_", "-") for key in attributes}
    written = Markup("").join(Markup(' {}="{}"').format(names[key], value) for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, Markup("").join(escape(part) for part in body))


def format_percent(share: float) -> str:
    """Return a share of the width, with a hundredth of a percent."""
    return f"{100 * share:.2f}%"


def make_svg(height: float, parts: Iterable[Markup], kind: str = "") -> Markup:
    """Return an SVG as wide as its place; it is hidden from screen readers, whose numbers are next to it."""
    place = {"width": "100%", "height": f"{height:g}", "aria_hidden": "true"}
    return make_element("svg", *parts, class_=f"chart {kind}".strip(), **place)


def draw_line(start: float, top: float, end: float, bottom: float, kind: str) -> Markup:
    """Return a line from (share, px) to (share, px)."""
    return make_element(
        "line", x1=format_percent(start), y1=f"{top:g}", x2=format_percent(end), y2=f"{bottom:g}", class_=kind
    )


def draw_diamond(share: float, y: str, kind: str) -> Markup:
    """Return a diamond around (share, ``y``), which may be a percentage."""
    path = make_element("path", d="M-7 0L0 -7L7 0L0 7Z", class_=kind)
    return make_element("svg", path, x=format_percent(share), y=y, overflow="visible")


def draw_arrow(y: str, kind: str) -> Markup:
    """Return an arrowhead at the left end that points out of the picture, at ``y``, a percentage."""
    return make_element("svg", make_element("path", d="M0 0L10 -6L10 6Z", class_=kind), x="0%", y=y, overflow="visible")


def draw_text(share: float, y: float, words: str, anchor: str = "middle") -> Markup:
    """Return a text whose baseline is at ``y``."""
    return make_element("text", words, x=format_percent(share), y=f"{y:g}", text_anchor=anchor, class_="tick")
