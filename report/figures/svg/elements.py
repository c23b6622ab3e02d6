"""SVG whose horizontal places are percentages and whose text is in pixels: it widens without scaling its letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from .axis import ChartAxis, format_tick

LETTER_WIDTH_PX = 6.2
"""Width of a letter in pixels at the size of labels in charts, for keeping labels apart."""


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


def make_svg(height: float, parts: Iterable[Markup], label: str = "", kind: str = "") -> Markup:
    """Return an SVG as wide as its place; without a label it is hidden from readers, whose numbers stand beside it."""
    said = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return make_element("svg", *parts, class_=f"chart {kind}".strip(), width="100%", height=f"{height:g}", **said)


def draw_line(start: float, top: float, end: float, bottom: float, kind: str) -> Markup:
    """Return a line from (share, px) to (share, px)."""
    return make_element(
        "line", x1=format_percent(start), y1=f"{top:g}", x2=format_percent(end), y2=f"{bottom:g}", class_=kind
    )


def draw_dot(share: float, y: float, radius: float, kind: str) -> Markup:
    """Return a filled circle."""
    return make_element("circle", cx=format_percent(share), cy=f"{y:g}", r=f"{radius:g}", class_=kind)


def draw_diamond(share: float, y: str, kind: str, radius: float = 7) -> Markup:
    """Return a diamond around (share, ``y``), which may be a percentage."""
    path = make_element("path", d=f"M-{radius:g} 0L0 -{radius:g}L{radius:g} 0L0 {radius:g}Z", class_=kind)
    return make_element("svg", path, x=format_percent(share), y=y, overflow="visible")


def draw_arrow(y: str, kind: str) -> Markup:
    """Return an arrowhead at the left end that points out of the picture, at ``y``, a percentage."""
    return make_element("svg", make_element("path", d="M0 0L10 -6L10 6Z", class_=kind), x="0%", y=y, overflow="visible")


def draw_text(share: float, y: float, words: str, anchor: str = "middle", kind: str = "", dx: float = 0) -> Markup:
    """Return a text whose baseline is at ``y``, moved to the right by ``dx`` pixels."""
    more = {"dx": f"{dx:g}"} if dx else {}
    return make_element(
        "text", words, x=format_percent(share), y=f"{y:g}", text_anchor=anchor, **more, **_class_attribute(kind)
    )


def _class_attribute(kind: str) -> dict[str, str]:
    return {"class_": kind} if kind else {}


def draw_paths(paths: Sequence[tuple[str, str]], left: float, right: float, top: float, height: float) -> Markup:
    """Return paths in a box of their own whose coordinates run from 0 to 1000 in both directions.

    Args:
        paths: Path data and class each.
        left: Where the box starts, as a share of the width.
        right: Where it ends.
        top: Its upper end, px.
        height: Its height, px.
    """
    drawn = [make_element("path", d=data, class_=kind) for data, kind in paths]
    place = {"x": format_percent(left), "y": f"{top:g}", "width": format_percent(right - left), "height": f"{height:g}"}
    return make_element("svg", *drawn, viewBox="0 0 1000 1000", preserveAspectRatio="none", **place)


@dataclass(frozen=True)
class PlotFrame:
    """A plot with two axes.

    Attributes:
        x: Horizontal axis.
        y: Vertical axis.
        height: Of the whole picture, px.
        left: Where the plot starts, as a share of the width; tick labels stand left of it.
        right: Where it ends.
        top: Upper end, px.
        below: Room for tick labels and the axis's name, px.
    """

    x: ChartAxis
    y: ChartAxis
    height: float
    left: float = 0.14
    right: float = 0.97
    top: float = 10
    below: float = 36

    @property
    def bottom(self) -> float:
        """Lower end of the plot, px."""
        return self.height - self.below

    def x_share(self, value: float) -> float:
        """Return a value's place as a share of the width."""
        return self.left + self.x.position(value) * (self.right - self.left)

    def y_px(self, value: float) -> float:
        """Return a value's place in px from the top."""
        return self.bottom - self.y.position(value) * (self.bottom - self.top)

    def draw_axes(self, name: str, maximum: int = 5) -> list[Markup]:
        """Return grid lines, tick labels and the horizontal axis's name."""
        parts = []
        for value in self.x.ticks(maximum):
            place = self.x_share(value)
            parts += [draw_line(place, self.top, place, self.bottom, "grid")]
            parts += [draw_text(place, self.bottom + 14, format_tick(value), kind="tick")]
        for value in self.y.ticks():
            parts += [draw_line(self.left, self.y_px(value), self.right, self.y_px(value), "grid")]
            parts += [draw_text(self.left, self.y_px(value) + 4, format_tick(value), "end", "tick", dx=-4)]
        return [*parts, draw_text((self.left + self.right) / 2, self.height - 4, name, kind="tick")]
