"""All methods side by side on the same images, with the same region enlarged (the paper's Fig. 4 and 5)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ..analysis.image_choice import ChosenImage
from ..analysis.results import MethodRow
from .picture_grid import (
    make_picture_grid,
    show_absence,
    show_colour_picture,
    show_image,
    show_zoomed_region,
    split_into_lines,
    write_column_name,
    write_line_name,
)
from .run_images import RunImages, colour_mask
from .style import FinishedFigure

MASK_LEGEND = "In masks black is found, orange false, blue missed."


def draw_comparison(pictures: RunImages, choices: list[ChosenImage], caption: str, masks: bool) -> FinishedFigure:
    """Return the figure: for each image lines of all methods, of their zoomed region and, if asked, of masks.

    Args:
        pictures: The images.
        choices: The chosen images.
        caption: What they are and why these.
        masks: Whether to add the masks.
    """
    rows, each = (pictures.rows_for_one_image if masks else pictures.rows_for_several_images), 3 if masks else 2
    zooms = {choice.name: pictures.find_zoom_region(choice.name) for choice in choices}
    parts = split_into_lines(len(rows))
    blocks = [(choice, part) for choice in choices for part in parts]
    starts = tuple(range(each, each * len(blocks), each))
    heads = starts if len(parts) > 1 else ()
    figure, axes = make_picture_grid(
        each * len(blocks), max(map(len, parts)), find_picture_aspect(pictures, choices), starts, heads
    )
    for number, (choice, part) in enumerate(blocks):
        lines = axes[number * each : (number + 1) * each]
        for line, word in zip(lines, (choice.name[:16], "zoom", "mask"), strict=False):
            write_line_name(line[0], word)
        for column, row in enumerate(rows[part.start : part.stop]):
            if number == 0 or heads:
                write_column_name(lines[0, column], row.label)
            _draw_column(pictures, row, choice.name, zooms[choice.name], lines[:, column])
    shown = "; ".join(f"{choice.name}: {choice.why}" for choice in choices)
    text = (
        f"{caption} The framed region is enlarged below without smoothing. {MASK_LEGEND + ' ' if masks else ''}{shown}."
    )
    return FinishedFigure(
        figure,
        text,
        f"{len(choices)} test images as {_join_labels(rows)} show them. {_describe_failures(pictures)}",
        True,
    )


def _draw_column(pictures: RunImages, row: MethodRow, name: str, zoom: list[float], axes: np.ndarray) -> None:
    image, mask = pictures.read_enhanced(row, name), pictures.read_mask(row, name)
    if image is None:
        for place in axes:
            show_absence(place, reason_absent(pictures, row))
        return
    show_image(axes[0], image, zoom)
    show_zoomed_region(axes[1], image, zoom)
    if len(axes) > 2:
        draw_mask(axes[2], pictures, row, mask, pictures.read_label(name))


def draw_mask(
    axes: Axes, pictures: RunImages, row: MethodRow, mask: np.ndarray | None, label: np.ndarray | None
) -> None:
    """Show a mask coloured by its label, or why there is none."""
    if mask is None:
        show_absence(axes, reason_absent(pictures, row))
    else:
        show_colour_picture(axes, colour_mask(mask, label))


def reason_absent(pictures: RunImages, row: MethodRow) -> str:
    """Return why a row has no picture."""
    ended = pictures.results.status_text(row)
    return "picture not kept" if ended == "done" else ended


def find_picture_aspect(pictures: RunImages, choices: list[ChosenImage]) -> float:
    """Return height by width of the first picture that exists."""
    for choice in choices:
        for row in pictures.rows:
            image = pictures.read_enhanced(row, choice.name)
            if image is not None:
                return image.shape[0] / image.shape[1]
    return 1.0


def _join_labels(rows: list[MethodRow]) -> str:
    labels = [row.label for row in rows]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _describe_failures(pictures: RunImages) -> str:
    results = pictures.results
    failed = [
        f"{row.label} ({results.status_text(row)})" for row in pictures.rows if results.status_text(row) != "done"
    ]
    return f"No pictures of {', '.join(failed)}." if failed else ""
