"""How figures look and are saved: print size, colours for the colour-blind, the same bytes every time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from sspbench.files import replace_atomically

from .palette import METHOD_COLOURS

# Each method has a marker besides its colour, so that colour is never the only cue.
METHOD_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

FULL_WIDTH_INCHES = 7.16  # width of a two-column figure in inches (IEEE)

FIGURE_DPI = 300

_RC_PARAMS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "text.parse_math": False,
}


@dataclass(frozen=True)
class FinishedFigure:
    """A finished figure.

    Attributes:
        caption: What it shows, and by which rule.
        alt: What a reader who cannot see it has to know.
        is_made_of_images: Whether it is made of images rather than of lines and text.
    """

    figure: Figure
    caption: str
    alt: str
    is_made_of_images: bool = False


# Tick labels of logarithmic axes: plain numbers, since figures never read texts as formulas (users write labels).
PLAIN_NUMBER_FORMAT = "{x:g}"


@contextmanager
def use_figure_style() -> Iterator[None]:
    """Set fonts and lines for all figures drawn inside."""
    with mpl.rc_context({**mpl.rcParamsDefault, **_RC_PARAMS}):
        yield


def make_panels(
    count: int, per_line: int, line_inches: float, more_inches: float = 0.0, share_y: bool = False
) -> tuple[Figure, list[Axes]]:
    """Return a figure as wide as a page with ``count`` axes, ``per_line`` beside each other.

    A line of panels is ``line_inches`` high; ``more_inches`` is what is above and below all of them.
    """
    lines = math.ceil(count / per_line)
    figure = Figure((FULL_WIDTH_INCHES, more_inches + lines * line_inches), layout="constrained")
    panels = list(figure.subplots(lines, per_line, squeeze=False, sharey=share_y).ravel())
    for panel in panels[count:]:
        panel.set_visible(False)
    return figure, panels[:count]


def method_colour(index: int) -> str:
    """Return the colour of the method at this place in the tables."""
    return METHOD_COLOURS[index % len(METHOD_COLOURS)]


def method_marker(index: int) -> str:
    """Return the marker of the method at this place in the tables."""
    return METHOD_MARKERS[(index + index // len(METHOD_COLOURS)) % len(METHOD_MARKERS)]


def method_style(index: int) -> dict[str, Any]:
    """Return colour and marker of the method at this place, as Matplotlib's ``plot`` takes them."""
    return {"color": method_colour(index), "marker": method_marker(index), "markersize": 4}


def save_figure(figure: Figure, folder: Path, name: str) -> str:
    """Write ``<name>.png`` and ``<name>.pdf`` without dates or versions; return the PNG's name."""
    dates = {"Creator": None, "Producer": None, "CreationDate": None}
    for suffix, canvas, metadata in ((".pdf", FigureCanvasPdf, dates), (".png", FigureCanvasAgg, {"Software": None})):
        with replace_atomically(folder / f"{name}{suffix}") as temporary:
            canvas(figure).print_figure(temporary, dpi=FIGURE_DPI, format=suffix[1:], metadata=metadata)
    return f"{name}.png"
