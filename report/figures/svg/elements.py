"""SVG whose horizontal places are percentages and whose text is in pixels: it widens without scaling its letters."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


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
