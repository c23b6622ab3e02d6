"""What enhancement does for the segmentation: the paper's Fig. 3 (one method) and Fig. 6 (all methods)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ..results import MethodRow
from .comparison import KEY, picture_aspect, show_mask, why_absent
from .panels import absent, colours, grey, head, sheet, side
from .pictures import Pictures, mask_picture, residual_picture
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
    for column, word in enumerate(("image", "segmented", "residual"), 1):
        axes[0, column].set_title(f"{origin.label}: {word}", fontsize=7, pad=2)
        axes[1, column].set_title(f"{subject.label}: {word}", fontsize=7, pad=2)
    lines = [f"{choice.name}: {choice.why}", "", "black: found", "orange: false", "blue: missed"]
    axes[1, 0].text(0, 1, "\n".join(lines), va="top", fontsize=7, transform=axes[1, 0].transAxes)
    caption = (
        f"What enhancement does for segmentation: label, input with its mask and residual, and the image enhanced by "
        f"{subject.label} with its own. {choice.name}: {choice.why}."
    )
    before, after = (_errors(pictures, row, choice.name, label) for row in (origin, subject))
    alt = f"Nerves segmented before and after enhancement by {subject.label}: {before} before, {after} after."
    return Drawn(figure, caption, alt, True)


def _triple(pictures: Pictures, row: MethodRow, name: str, label: np.ndarray, axes: np.ndarray) -> None:
    image, mask = pictures.enhanced(row, name), pictures.mask(row, name)
    if image is None or mask is None:
        for place in axes:
            absent(place, why_absent(pictures, row))
        return
    grey(axes[0], image)
    colours(axes[1], mask_picture(mask))
    colours(axes[2], residual_picture(mask, label))


def _errors(pictures: Pictures, row: MethodRow, name: str, label: np.ndarray) -> str:
    mask = pictures.mask(row, name)
    if mask is None:
        return "no mask"
    return f"{int((mask & ~label).sum())} false and {int((~mask & label).sum())} missed pixels"


def segmentations(pictures: Pictures, choices: list[Choice]) -> Drawn:
    """Return the paper's Fig. 6: for each image the enhanced images and their masks, beside the label."""
    rows = pictures.rows
    gaps = tuple(range(2, 2 * len(choices), 2))
    figure, axes = sheet(2 * len(choices), len(rows) + 1, picture_aspect(pictures, choices), gaps)
    head(axes[0, 0], "label, error of Origin")
    for column, row in enumerate(rows, 1):
        head(axes[0, column], row.label)
    for number, choice in enumerate(choices):
        top, bottom = axes[2 * number], axes[2 * number + 1]
        side(top[0], choice.name[:16])
        _truth(pictures, choice.name, top[0], bottom[0])
        for column, row in enumerate(rows, 1):
            image = pictures.enhanced(row, choice.name)
            if image is None:
                absent(top[column], why_absent(pictures, row))
            else:
                grey(top[column], image)
            show_mask(bottom[column], pictures, row, pictures.mask(row, choice.name), pictures.label(choice.name))
    shown = "; ".join(f"{choice.name}: {choice.why}" for choice in choices)
    text = (
        "Enhanced images and the nerves segmented in them. "
        "First column: the label, and where the mask of the input differs from it."
    )
    alt = f"Masks of {len(rows)} methods on {len(choices)} test images; false and missed pixels are coloured."
    return Drawn(figure, f"{text} {KEY} {shown}.", alt, True)


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
        colours(bottom, residual_picture(mask, label))
