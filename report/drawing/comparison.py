"""All methods side by side on the same images, with the same region enlarged (the paper's Fig. 4 and 5)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ..results import MethodRow
from .panels import absent, bands, colours, grey, head, sheet, side, zoomed
from .pictures import Pictures, mask_picture
from .showcase import Choice
from .style import Drawn

KEY = "In masks black is found, orange false, blue missed."


def comparison(pictures: Pictures, choices: list[Choice], caption: str, masks: bool) -> Drawn:
    """Return the figure: for each image lines of all methods, of their zoomed region and, if asked, of masks.

    Args:
        pictures: The images.
        choices: The chosen images.
        caption: What they are and why these.
        masks: Whether to add the masks.
    """
    rows, each = (pictures.rows_of_one if masks else pictures.rows_of_several), 3 if masks else 2
    zooms = {choice.name: pictures.zoom(choice.name) for choice in choices}
    parts = bands(len(rows))
    blocks = [(choice, part) for choice in choices for part in parts]
    starts = tuple(range(each, each * len(blocks), each))
    heads = starts if len(parts) > 1 else ()
    figure, axes = sheet(each * len(blocks), max(map(len, parts)), picture_aspect(pictures, choices), starts, heads)
    for number, (choice, part) in enumerate(blocks):
        lines = axes[number * each : (number + 1) * each]
        for line, word in zip(lines, (choice.name[:16], "zoom", "mask"), strict=False):
            side(line[0], word)
        for column, row in enumerate(rows[part.start : part.stop]):
            if number == 0 or heads:
                head(lines[0, column], row.label)
            _column(pictures, row, choice.name, zooms[choice.name], lines[:, column])
    shown = "; ".join(f"{choice.name}: {choice.why}" for choice in choices)
    text = f"{caption} The framed region is enlarged below without smoothing. {KEY + ' ' if masks else ''}{shown}."
    return Drawn(figure, text, f"{len(choices)} test images as {_list(rows)} show them. {_failures(pictures)}", True)


def _column(pictures: Pictures, row: MethodRow, name: str, zoom: list[float], axes: np.ndarray) -> None:
    image, mask = pictures.enhanced(row, name), pictures.mask(row, name)
    if image is None:
        for place in axes:
            absent(place, why_absent(pictures, row))
        return
    grey(axes[0], image, zoom)
    zoomed(axes[1], image, zoom)
    if len(axes) > 2:
        show_mask(axes[2], pictures, row, mask, pictures.label(name))


def show_mask(
    axes: Axes, pictures: Pictures, row: MethodRow, mask: np.ndarray | None, label: np.ndarray | None
) -> None:
    """Show a mask coloured by its label, or why there is none."""
    if mask is None:
        absent(axes, why_absent(pictures, row))
    else:
        colours(axes, mask_picture(mask, label))


def why_absent(pictures: Pictures, row: MethodRow) -> str:
    """Return why a row has no picture."""
    ended = pictures.results.ended(row)
    return "picture not kept" if ended == "done" else ended


def picture_aspect(pictures: Pictures, choices: list[Choice]) -> float:
    """Return height by width of the first picture there is."""
    for choice in choices:
        for row in pictures.rows:
            image = pictures.enhanced(row, choice.name)
            if image is not None:
                return image.shape[0] / image.shape[1]
    return 1.0


def _list(rows: list[MethodRow]) -> str:
    labels = [row.label for row in rows]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _failures(pictures: Pictures) -> str:
    results = pictures.results
    failed = [f"{row.label} ({results.ended(row)})" for row in pictures.rows if results.ended(row) != "done"]
    return f"No pictures of {', '.join(failed)}." if failed else ""
