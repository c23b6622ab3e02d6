"""Rows of small pictures: the building block of all figures made of images."""

from __future__ import annotations

import math
import textwrap
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .palette import ABSENCE_FILL_COLOUR, ABSENCE_HATCH_COLOUR, PICTURE_FRAME_COLOUR, ZOOM_FRAME_COLOUR
from .run_images import zoom_slices
from .style import FULL_WIDTH_INCHES

LEFT_MARGIN_INCHES = 0.18  # inches at the left for the names of rows
TOP_MARGIN_INCHES = 0.36  # inches at the top for the names of columns
MAX_PICTURES_PER_LINE = 9  # the most pictures beside each other: their names stay legible and apart


def split_into_lines(count: int, maximum: int = MAX_PICTURES_PER_LINE) -> list[range]:
    """Split columns into bands of nearly equal width that are shown below each other.

    >>> split_into_lines(9), split_into_lines(10)
    ([range(0, 9)], [range(0, 5), range(5, 10)])
    """
    number = max(math.ceil(count / maximum), 1)
    ends = [round(count * part / number) for part in range(number + 1)]
    return [range(start, end) for start, end in pairwise(ends)]


def make_picture_grid(
    lines: int, columns: int, aspect: float = 1.0, gaps: tuple[int, ...] = (), heads: tuple[int, ...] = ()
) -> tuple[Figure, np.ndarray]:
    """Return a figure with (lines, columns) frameless axes that fill the width of a page.

    Args:
        lines: Lines of pictures.
        columns: Pictures in a line.
        aspect: Height by width of a picture.
        gaps: Lines before which there is a wider gap.
        heads: Lines, besides the first, that have names above them.
    """
    space = 0.03
    before = {**dict.fromkeys(gaps, 0.12), **dict.fromkeys(heads, TOP_MARGIN_INCHES)}
    side = (FULL_WIDTH_INCHES - LEFT_MARGIN_INCHES) / columns - space
    height = TOP_MARGIN_INCHES + lines * (side * aspect + space) + sum(before.values()) + space
    figure = Figure((FULL_WIDTH_INCHES, height))
    axes = np.empty((lines, columns), object)
    y = height - TOP_MARGIN_INCHES
    for line in range(lines):
        y -= side * aspect + space + before.get(line, 0.0)
        for column in range(columns):
            x = LEFT_MARGIN_INCHES + column * (side + space)
            axes[line, column] = figure.add_axes(
                (x / FULL_WIDTH_INCHES, y / height, side / FULL_WIDTH_INCHES, side * aspect / height)
            )
            axes[line, column].set_axis_off()
    return figure, axes


def write_column_name(axes: Axes, text: str) -> None:
    """Write a column's name above its first picture, in up to three lines, no wider than nine pictures in a line."""
    axes.set_title("\n".join(textwrap.wrap(text, 14)[:3]), fontsize=6.3, pad=2)


def write_line_name(axes: Axes, text: str) -> None:
    """Write a line's name left of its first picture."""
    axes.annotate(
        text,
        (0, 0.5),
        (-2, 0),
        xycoords="axes fraction",
        textcoords="offset points",
        rotation=90,
        ha="right",
        va="center",
        fontsize=6.5,
    )


def show_image(axes: Axes, image: np.ndarray, zoom: list[float] | None = None) -> None:
    """Show a (H, W) or (H, W, 3) uint8 image as it is, with the zoomed region's frame where one is given."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="antialiased")
    if zoom is not None:
        rows, columns = zoom_slices(image.shape, zoom)
        corner = (columns.start - 0.5, rows.start - 0.5)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=ZOOM_FRAME_COLOUR, linewidth=0.9))


def show_zoomed_region(axes: Axes, image: np.ndarray, zoom: list[float]) -> None:
    """Show the region of an image with every pixel as a square, framed in the colour of its frame."""
    part = image[zoom_slices(image.shape, zoom)]
    axes.imshow(part, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    height, width = part.shape[:2]
    axes.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor=ZOOM_FRAME_COLOUR, linewidth=1.6))


def show_colour_picture(axes: Axes, picture: np.ndarray) -> None:
    """Show a (H, W, 3) uint8 picture with a thin frame."""
    axes.imshow(picture, interpolation="antialiased")
    axes.add_patch(
        Rectangle((0, 0), 1, 1, fill=False, edgecolor=PICTURE_FRAME_COLOUR, linewidth=0.5, transform=axes.transAxes)
    )


def show_absence(axes: Axes, text: str) -> None:
    """Show a hatched panel that says why the picture is missing."""
    frame: dict[str, Any] = {
        "facecolor": ABSENCE_FILL_COLOUR,
        "edgecolor": ABSENCE_HATCH_COLOUR,
        "hatch": "////",
        "linewidth": 0.5,
    }
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, **frame))
    words = "\n".join(textwrap.wrap(text, 16)[:5])
    back = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(0.5, 0.5, words, ha="center", va="center", fontsize=5.5, transform=axes.transAxes, bbox=back)
