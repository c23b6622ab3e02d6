"""What enhancement does for the segmentation: the paper's Fig. 3 (one method) and Fig. 6 (all methods)."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes

from ..analysis.image_choice import ChosenImage
from ..analysis.results import MethodRow
from .centreline_difference import CentrelineDifference, compare_centrelines, get_tolerance_px
from .comparison import MASK_LEGEND, draw_mask, find_picture_aspect, reason_absent
from .picture_grid import (
    MAX_PICTURES_PER_LINE,
    make_picture_grid,
    show_absence,
    show_colour_picture,
    show_image,
    split_into_lines,
    write_column_name,
    write_line_name,
)
from .run_images import RunImages, colour_mask
from .style import FinishedFigure

ORIGIN_ROW = "identity"  # the row of the untouched inputs


def draw_facilitation(pictures: RunImages, choice: ChosenImage, subject: MethodRow) -> FinishedFigure | None:
    """Return the paper's Fig. 3: label; input, its mask and residual; enhanced image, its mask and residual.

    None where the image has no label or the untouched input was not segmented.
    """
    origin = next((row for row in pictures.rows if row.id == ORIGIN_ROW), None)
    label = pictures.read_label(choice.name)
    if origin is None or label is None or pictures.read_enhanced(origin, choice.name) is None:
        return None
    figure, axes = make_picture_grid(2, 4, find_picture_aspect(pictures, [choice]), (1,))
    show_colour_picture(axes[0, 0], colour_mask(label))
    write_column_name(axes[0, 0], "label")
    for line, row in enumerate((origin, subject)):
        _draw_triple(pictures, row, choice.name, label, axes[line, 1:])
        write_line_name(axes[line, 1], "")
    before, after = (_compare_mask(pictures, row, choice.name, label) for row in (origin, subject))
    for line, (row, found) in enumerate(((origin, before), (subject, after))):
        for column, word in enumerate(("image", "segmented"), 1):
            axes[line, column].set_title(f"{row.label}: {word}", fontsize=7, pad=2)
        axes[line, 3].set_title("not segmented" if found is None else found.describe(), fontsize=7, pad=2)
    pixels = get_tolerance_px(pictures.results)
    _write_legend(axes[1, 0], choice, pixels)
    caption = (
        f"What enhancement does for segmentation: label, then the input and the image enhanced by {subject.label}, "
        f"each with its mask and the centrelines that differ by more than {pixels:g} pixels. "
        f"{choice.name}: {choice.why}."
    )
    noun = pictures.results.vocabulary.noun.capitalize()
    alt = (
        f"{noun} length {_describe_difference(before)} before, {_describe_difference(after)} after enhancement by "
        f"{subject.label}."
    )
    return FinishedFigure(figure, caption, alt, True)


def _write_legend(axes: Axes, choice: ChosenImage, pixels: float) -> None:
    """Explain the colours in the empty place below the label."""
    name = textwrap.fill(f"{choice.name}: {choice.why}", 30)
    key = [f"centrelines, within {pixels:g} px:", "grey: found", "orange: false", "blue: missed"]
    axes.text(0, 1, "\n".join([name, "", *key]), va="top", fontsize=7, transform=axes.transAxes)


def _describe_difference(found: CentrelineDifference | None) -> str:
    return "not measured" if found is None else found.describe()


def _draw_triple(pictures: RunImages, row: MethodRow, name: str, label: np.ndarray, axes: np.ndarray) -> None:
    image, mask = pictures.read_enhanced(row, name), pictures.read_mask(row, name)
    if image is None or mask is None:
        for place in axes:
            show_absence(place, reason_absent(pictures, row))
        return
    show_image(axes[0], image)
    show_colour_picture(axes[1], colour_mask(mask))
    show_colour_picture(axes[2], compare_centrelines(mask, label, get_tolerance_px(pictures.results)).draw())


def _compare_mask(pictures: RunImages, row: MethodRow, name: str, label: np.ndarray) -> CentrelineDifference | None:
    mask = pictures.read_mask(row, name)
    return None if mask is None else compare_centrelines(mask, label, get_tolerance_px(pictures.results))


def draw_segmentations(pictures: RunImages, choices: list[ChosenImage]) -> FinishedFigure:
    """Return the paper's Fig. 6: for each image the enhanced images and their masks, beside the label."""
    rows = pictures.rows_for_several_images
    parts = split_into_lines(len(rows), MAX_PICTURES_PER_LINE - 1)
    blocks = [(choice, part) for choice in choices for part in parts]
    starts = tuple(range(2, 2 * len(blocks), 2))
    heads = starts if len(parts) > 1 else ()
    figure, axes = make_picture_grid(
        2 * len(blocks), max(map(len, parts)) + 1, find_picture_aspect(pictures, choices), starts, heads
    )
    for number, (choice, part) in enumerate(blocks):
        top, bottom = axes[2 * number], axes[2 * number + 1]
        write_line_name(top[0], choice.name[:16])
        _draw_truth(pictures, choice.name, top[0], bottom[0])
        if number == 0 or heads:
            write_column_name(top[0], "label, error of Origin")
        for column, row in enumerate(rows[part.start : part.stop], 1):
            if number == 0 or heads:
                write_column_name(top[column], row.label)
            _draw_pair(pictures, row, choice.name, top[column], bottom[column])
    shown = "; ".join(f"{choice.name}: {choice.why}" for choice in choices)
    text = (
        f"Enhanced images and the {pictures.results.vocabulary.plural} segmented in them. "
        "First column: the label, and the centrelines that the input's mask has wrong."
    )
    alt = f"Masks of {len(rows)} methods on {len(choices)} test images; false and missed pixels are coloured."
    return FinishedFigure(figure, f"{text} {MASK_LEGEND} {shown}.", alt, True)


def _draw_pair(pictures: RunImages, row: MethodRow, name: str, top: Axes, bottom: Axes) -> None:
    image = pictures.read_enhanced(row, name)
    if image is None:
        show_absence(top, reason_absent(pictures, row))
    else:
        show_image(top, image)
    draw_mask(bottom, pictures, row, pictures.read_mask(row, name), pictures.read_label(name))


def _draw_truth(pictures: RunImages, name: str, top: Axes, bottom: Axes) -> None:
    label = pictures.read_label(name)
    if label is None:
        show_absence(top, "no label")
        show_absence(bottom, "no label")
        return
    show_colour_picture(top, colour_mask(label))
    origin = next((row for row in pictures.rows if row.id == ORIGIN_ROW), None)
    mask = None if origin is None else pictures.read_mask(origin, name)
    if mask is None:
        show_absence(bottom, "the input was not segmented")
    else:
        show_colour_picture(bottom, compare_centrelines(mask, label, get_tolerance_px(pictures.results)).draw())
