"""All methods side by side on the same images, with the same region enlarged (the paper's Fig. 4 and 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.comparison_sentences import join_names
from ..analysis.image_choice import ChosenImage
from ..analysis.results import MethodRow
from .picture_grid import (
    MAX_PICTURES_PER_LINE,
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


@dataclass(frozen=True)
class PictureBlock:
    """The lines of pictures of one image, as some of the rows show it.

    Attributes:
        choice: The image.
        rows: The rows, one per column.
        axes: (lines, columns) axes; columns without a row come first.
        has_names: Whether the rows' names stand above them.
    """

    choice: ChosenImage
    rows: list[MethodRow]
    axes: np.ndarray
    has_names: bool


def make_blocks(
    pictures: RunImages, choices: Sequence[ChosenImage], rows: list[MethodRow], lines: int, columns_before: int = 0
) -> tuple[Figure, list[PictureBlock]]:
    """Return a figure, and its blocks: of each image one or, where there are many rows, several below each other."""
    parts = split_into_lines(len(rows), MAX_PICTURES_PER_LINE - columns_before)
    blocks = [(choice, part) for choice in choices for part in parts]
    starts = tuple(range(lines, lines * len(blocks), lines))
    heads = starts if len(parts) > 1 else ()
    columns = max(map(len, parts)) + columns_before
    figure, axes = make_picture_grid(
        lines * len(blocks), columns, find_picture_aspect(pictures, choices), starts, heads
    )
    return figure, [
        PictureBlock(
            choice,
            rows[part.start : part.stop],
            axes[number * lines : (number + 1) * lines],
            has_names=number == 0 or bool(heads),
        )
        for number, (choice, part) in enumerate(blocks)
    ]


def draw_comparison(pictures: RunImages, choices: list[ChosenImage], caption: str, masks: bool) -> FinishedFigure:
    """Return the figure: for each image lines of all methods, of their zoomed region and, if asked, of masks.

    ``caption`` says what images these are and by which rule.
    """
    rows = pictures.rows_for_one_image if masks else pictures.rows_for_several_images
    figure, blocks = make_blocks(pictures, choices, rows, 3 if masks else 2)
    zooms = {choice.name: pictures.find_zoom_region(choice.name) for choice in choices}
    for block in blocks:
        name = block.choice.name
        for line, word in zip(block.axes, (name[:16], "zoom", "mask"), strict=False):
            write_line_name(line[0], word)
        for column, row in enumerate(block.rows):
            if block.has_names:
                write_column_name(block.axes[0, column], row.label)
            _draw_column(pictures, row, name, zooms[name], block.axes[:, column])
    shown = "; ".join(f"{choice.name}: {choice.why}" for choice in choices)
    text = (
        f"{caption} The framed region is enlarged below without smoothing. {MASK_LEGEND + ' ' if masks else ''}{shown}."
    )
    labels = join_names([row.label for row in rows])
    alt = f"{len(choices)} test images as {labels} show them. {_describe_failures(pictures)}"
    return FinishedFigure(figure, text, alt, True)


def _draw_column(pictures: RunImages, row: MethodRow, name: str, zoom: list[float], axes: np.ndarray) -> None:
    image = pictures.read_enhanced(row, name)
    if image is None:
        for place in axes:
            show_absence(place, reason_absent(pictures, row))
        return
    show_image(axes[0], image, zoom)
    show_zoomed_region(axes[1], image, zoom)
    if len(axes) > 2:
        draw_mask(axes[2], pictures, row, name)


def draw_mask(axes: Axes, pictures: RunImages, row: MethodRow, name: str) -> None:
    """Show a row's mask coloured by the label, or why there is none."""
    mask = pictures.read_mask(row, name)
    if mask is None:
        show_absence(axes, reason_absent(pictures, row))
    else:
        show_colour_picture(axes, colour_mask(mask, pictures.read_label(name)))


def reason_absent(pictures: RunImages, row: MethodRow) -> str:
    """Return why a row has no picture."""
    ended = pictures.results.status_text(row)
    return "picture not kept" if ended == "done" else ended


def find_picture_aspect(pictures: RunImages, choices: Sequence[ChosenImage]) -> float:
    """Return height by width of the first picture that exists."""
    for choice in choices:
        for row in pictures.rows:
            image = pictures.read_enhanced(row, choice.name)
            if image is not None:
                return image.shape[0] / image.shape[1]
    return 1.0


def _describe_failures(pictures: RunImages) -> str:
    endings = [(row.label, pictures.results.status_text(row)) for row in pictures.rows]
    failed = [f"{label} ({ended})" for label, ended in endings if ended != "done"]
    return f"No pictures of {', '.join(failed)}." if failed else ""


@dataclass(frozen=True)
class DifficultyGroups:
    """The two kinds of difficulty the paper shows apart (its Fig. 4 and 5)."""

    texture: list[str]
    illumination: list[str]


def measure_unevenness(image: np.ndarray) -> float:
    """Return the coefficient of variation of the mean brightness of an 8 x 8 grid of blocks of a (H, W) image."""
    means = [block.mean() for band in np.array_split(image, 8, axis=0) for block in np.array_split(band, 8, axis=1)]
    return float(np.std(means) / max(np.mean(means), 1.0))


def measure_sharpness(image: np.ndarray) -> float:
    """Return the mean size of the brightness gradient of a (H, W) image, relative to its mean brightness."""
    down, right = np.gradient(image.astype(np.float64))
    return float(np.hypot(down, right).mean() / max(image.mean(), 1.0))


def find_difficulty_groups(pictures: RunImages) -> DifficultyGroups:
    """Return the two most unevenly lit inputs, and of the others the two with the weakest texture."""
    found: dict[str, tuple[float, float]] = {}
    for name in pictures.results.image_names:  # keeps two numbers of each image and drops its pixels
        image = pictures.read_input(name)
        if image is not None:
            found[name] = (-measure_unevenness(image), measure_sharpness(image))
    uneven = sorted(found, key=lambda name: (found[name][0], name))[:2]
    rest = [name for name in found if name not in uneven]
    return DifficultyGroups(sorted(rest, key=lambda name: (found[name][1], name))[:2], uneven)
