"""What enhancement does for the segmentation: the paper's Fig. 3 (one method) and Fig. 6 (all methods)."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes

from ..results import MethodRow
from .comparison import KEY, picture_aspect, show_mask, why_absent
from .panels import WIDEST, absent, bands, colours, grey, head, sheet, side
from .pictures import Pictures, mask_picture
from .residual import Residual, residual, tolerance
from .showcase import Choice
from .style import Drawn

ORIGIN = "identity"
"""The row of the untouched inputs."""


def facilitation(pictures: Pictures, choice: Choice, subject: MethodRow) -> Drawn | None:
    """Return the paper's Fig. 3: label; input, its mask and residual; enhanced image, its mask and residual.

    None where the image has no label or the untouched input was not segmented.
    """
    origin = next((row for row in pictures.rows if row.id == ORIGIN), None)
    label = pictures.label(choice.name)
    if origin is None or label is None or pictures.enhanced(origin, choice.name) is None:
        return None
    figure, axes = sheet(2, 4, picture_aspect(pictures, [choice]), (1,))
    colours(axes[0, 0], mask_picture(label))
    head(axes[0, 0], "label")
    for line, row in enumerate((origin, subject)):
        _triple(pictures, row, choice.name, label, axes[line, 1:])
        side(axes[line, 1], "")
    before, after = (_residual(pictures, row, choice.name, label) for row in (origin, subject))
    for line, (row, found) in enumerate(((origin, before), (subject, after))):
        for column, word in enumerate(("image", "segmented"), 1):
            axes[line, column].set_title(f"{row.label}: {word}", fontsize=7, pad=2)
        axes[line, 3].set_title("not segmented" if found is None else found.words(), fontsize=7, pad=2)
    pixels = tolerance(pictures.results)
    _legend(axes[1, 0], choice, pixels)
    caption = (
        f"What enhancement does for segmentation: label, then the input and the image enhanced by {subject.label}, "
        f"each with its mask and the centrelines that differ by more than {pixels:g} pixels. "
        f"{choice.name}: {choice.why}."
    )
    alt = f"Nerve length {_words(before)} before, {_words(after)} after enhancement by {subject.label}."
    return Drawn(figure, caption, alt, True)


def _legend(axes: Axes, choice: Choice, pixels: float) -> None:
    """Write what the colours mean into the empty place below the label."""
    name = textwrap.fill(f"{choice.name}: {choice.why}", 30)
    key = [f"centrelines, within {pixels:g} px:", "grey: found", "orange: false", "blue: missed"]
    axes.text(0, 1, "\n".join([name, "", *key]), va="top", fontsize=7, transform=axes.transAxes)


def _words(found: Residual | None) -> str:
    return "not measured" if found is None else found.words()


def _triple(pictures: Pictures, row: MethodRow, name: str, label: np.ndarray, axes: np.ndarray) -> None:
    image, mask = pictures.enhanced(row, name), pictures.mask(row, name)
    if image is None or mask is None:
        for place in axes:
            absent(place, why_absent(pictures, row))
        return
    grey(axes[0], image)
    colours(axes[1], mask_picture(mask))
    colours(axes[2], residual(mask, label, tolerance(pictures.results)).picture())


def _residual(pictures: Pictures, row: MethodRow, name: str, label: np.ndarray) -> Residual | None:
    mask = pictures.mask(row, name)
    return None if mask is None else residual(mask, label, tolerance(pictures.results))


def segmentations(pictures: Pictures, choices: list[Choice]) -> Drawn:
    """Return the paper's Fig. 6: for each image the enhanced images and their masks, beside the label."""
    rows = pictures.rows_of_several
    parts = bands(len(rows), WIDEST - 1)
    blocks = [(choice, part) for choice in choices for part in parts]
    starts = tuple(range(2, 2 * len(blocks), 2))
    heads = starts if len(parts) > 1 else ()
    figure, axes = sheet(2 * len(blocks), max(map(len, parts)) + 1, picture_aspect(pictures, choices), starts, heads)
    for number, (choice, part) in enumerate(blocks):
        top, bottom = axes[2 * number], axes[2 * number + 1]
        side(top[0], choice.name[:16])
        _truth(pictures, choice.name, top[0], bottom[0])
        if number == 0 or heads:
            head(top[0], "label, error of Origin")
        for column, row in enumerate(rows[part.start : part.stop], 1):
            if number == 0 or heads:
                head(top[column], row.label)
            _pair(pictures, row, choice.name, top[column], bottom[column])
    shown = "; ".join(f"{choice.name}: {choice.why}" for choice in choices)
    text = (
        "Enhanced images and the nerves segmented in them. "
        "First column: the label, and the centrelines that the input's mask has wrong."
    )
    alt = f"Masks of {len(rows)} methods on {len(choices)} test images; false and missed pixels are coloured."
    return Drawn(figure, f"{text} {KEY} {shown}.", alt, True)


def _pair(pictures: Pictures, row: MethodRow, name: str, top: Axes, bottom: Axes) -> None:
    image = pictures.enhanced(row, name)
    if image is None:
        absent(top, why_absent(pictures, row))
    else:
        grey(top, image)
    show_mask(bottom, pictures, row, pictures.mask(row, name), pictures.label(name))


def _truth(pictures: Pictures, name: str, top: Axes, bottom: Axes) -> None:
    label = pictures.label(name)
    if label is None:
        absent(top, "no label")
        absent(bottom, "no label")
        return
    colours(top, mask_picture(label))
    origin = next((row for row in pictures.rows if row.id == ORIGIN), None)
    mask = None if origin is None else pictures.mask(origin, name)
    if mask is None:
        absent(bottom, "the input was not segmented")
    else:
        colours(bottom, residual(mask, label, tolerance(pictures.results)).picture())
