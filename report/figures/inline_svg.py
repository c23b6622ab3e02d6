"""A chart's panels as SVG inside the page: text stays text, and colours are the page's variables, light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .palette import CHART_VARIABLES
from .style import FinishedFigure, use_figure_style

POINT_NAME_PREFIX = "name:"
SMALL_PANEL_INCHES = (2.7, 1.9)
_DROPPED_STYLES = {"font-family"}
_DROPPED_ELEMENTS = ("}style", "}metadata", "}clipPath")
_COORDINATE_ATTRIBUTES = {"d", "x", "y", "transform"}
_DECIMALS_PATTERN = re.compile(r"-?\d+\.\d{3,}")
_NAMESPACE_PATTERN = re.compile(r"^\{.*\}")


@dataclass(frozen=True)
class ChartPanel:
    """A panel of a chart in the page.

    Attributes:
        title: The heading above it, and its name for people who cannot see it.
        description: What it shows, for people who cannot see it.
        draw: Draws on the axes that it is given, as for print; None where there is nothing to show.
        size: Width and height in inches; the page scales it to its column.
        is_folded: Whether the page shows it on request only.
    """

    title: str
    description: str = ""
    draw: Callable[[Axes], None] | None = None
    size: tuple[float, float] = SMALL_PANEL_INCHES
    is_folded: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what the page needs: title, plot (SVG; empty where there is nothing to show), is_folded."""
        plot = "" if self.draw is None else render_panel(self.title, self.description, self.draw, self.size)
        return {"title": self.title, "plot": plot, "is_folded": self.is_folded}


@dataclass(frozen=True)
class NumberFigure:
    """A figure made of numbers: what draws it for print, and its panels for the page."""

    draw: Callable[[], FinishedFigure]
    panels: list[ChartPanel]


def render_panel(title: str, description: str, draw: Callable[[Axes], None], size: tuple[float, float]) -> Markup:
    """Return one panel as SVG."""
    with use_figure_style(), mpl.rc_context(_svg_params(title)):
        figure = Figure(size, layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.set_title("")
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _make_inline(buffer.getvalue(), title, description)


def _svg_params(title: str) -> dict[Any, Any]:
    """Return settings of matplotlib; the title makes the ids differ from those of other panels in the page."""
    return {"svg.fonttype": "none", "svg.hashsalt": title, "figure.facecolor": "none", "axes.facecolor": "none"}


def name_point(label: str) -> str:
    """Return the id by which a point shows its label under the pointer."""
    return POINT_NAME_PREFIX + label


def _make_inline(text: str, title: str, description: str) -> Markup:
    source = ElementTree.fromstring(text)
    width, height = source.get("viewBox", "").split()[2:]
    root = ElementTree.Element("svg", {"class": "plot", "role": "img", "viewBox": f"0 0 {width} {height}"})
    root.set("aria-label", f"{title}. {description}")
    root.set("fill", "var(--text)")
    root.set("stroke-linejoin", "round")
    root.extend(list(source))
    for element in list(root.iter()):
        _simplify_element(element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _simplify_element(element: ElementTree.Element) -> None:
    """Replace style attributes, which the page's security policy blocks, and ids that nothing refers to."""
    element.tag = _NAMESPACE_PATTERN.sub("", element.tag)
    for child in [child for child in element if child.tag.endswith(_DROPPED_ELEMENTS)]:
        element.remove(child)
    attributes = {_NAMESPACE_PATTERN.sub("", name): value for name, value in element.attrib.items()}
    attributes |= _parse_style(attributes.pop("style", ""))
    attributes.pop("clip-path", None)
    if element.tag == "g":
        identity = attributes.pop("id", "")
        _add_name(element, identity)
    element.attrib.clear()
    element.attrib.update(attributes)
    for name in attributes.keys() & _COORDINATE_ATTRIBUTES:
        element.set(name, _shorten_numbers(attributes[name]))


def _add_name(element: ElementTree.Element, identity: str) -> None:
    if identity.startswith(POINT_NAME_PREFIX):
        name = ElementTree.Element("title")
        name.text = identity.removeprefix(POINT_NAME_PREFIX)
        element.insert(0, name)


def _parse_style(style: str) -> dict[str, str]:
    pairs = [part.partition(":") for part in style.split(";") if ":" in part]
    found = {name.strip(): value.strip() for name, _, value in pairs}
    return {name: _page_colour(value) for name, value in found.items() if name not in _DROPPED_STYLES}


def _page_colour(value: str) -> str:
    variable = CHART_VARIABLES.get(value.lower())
    return value if variable is None else f"var(--{variable})"


def _shorten_numbers(text: str) -> str:
    """Return a text whose coordinates have two decimals, a hundredth of a point."""
    return _DECIMALS_PATTERN.sub(lambda found: f"{float(found[0]):.2f}", text.replace("\n", ""))
