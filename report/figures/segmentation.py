"""What enhancement does for the segmentation: the paper's Fig. 3 (one method) and Fig. 6 (all methods)."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.axes import Axes
from skimage.morphology import skeletonize

from ..analysis.image_choice import ChosenImage
from ..analysis.paper import UNTOUCHED_ROW
from ..analysis.results import MethodRow, Results
from .comparison import MASK_LEGEND, draw_mask, find_picture_aspect, make_blocks, reason_absent
from .picture_grid import (
    make_picture_grid,
    show_absence,
    show_colour_picture,
    show_image,
    write_column_name,
    write_line_name,
)
from .run_images import FALSE_COLOUR, MISSED_COLOUR, RunImages, colour_mask
from .style import FinishedFigure

# Pixels by which two centrelines may differ; the default of the metric family `centreline`.
DEFAULT_TOLERANCE_PX = 3.0

AGREED_COLOUR = (190, 190, 190)  # colour of centrelines found within the tolerance


@dataclass(frozen=True)
class CentrelineDifference:
    """Centrelines of a mask against those of its label, (H, W) bool each.

    Attributes:
        found: True centreline near the mask's.
        missed: True centreline with none of the mask's within the tolerance.
        right: Centreline of the mask near the label's.
        false: Centreline of the mask with none of the label's within the tolerance.
    """

    found: np.ndarray
    missed: np.ndarray
    right: np.ndarray
    false: np.ndarray

    @property
    def missed_share(self) -> float:
        """Share of the true centreline that was missed; NaN without any."""
        return _share_of_total(self.missed, self.found)

    @property
    def false_share(self) -> float:
        """Share of what was segmented that is false; NaN where nothing was."""
        return _share_of_total(self.false, self.right)

    def draw(self) -> np.ndarray:
        """Return (H, W, 3) uint8: found, missed and false centrelines, three pixels wide, on white."""
        drawn = np.full((*self.found.shape, 3), 255, np.uint8)
        for lines, colour in ((self.found, AGREED_COLOUR), (self.missed, MISSED_COLOUR), (self.false, FALSE_COLOUR)):
            drawn[_mask_within(lines, 1.5)] = colour
        return drawn

    def describe(self) -> str:
        """Return both shares in words."""
        return f"missed {_format_percent(self.missed_share)}, false {_format_percent(self.false_share)}"


def get_tolerance_px(results: Results) -> float:
    """Return the tolerance in pixels that the run's centreline measures use."""
    return float(results.plan.config["metrics"].get("centreline", {}).get("tolerance_px", DEFAULT_TOLERANCE_PX))


def compare_centrelines(mask: np.ndarray, label: np.ndarray, pixels: float) -> CentrelineDifference:
    """Compare two (H, W) bool masks along their centrelines, at a tolerance in pixels."""
    lines, true = skeletonize(mask), skeletonize(label)
    reached, allowed = _mask_within(lines, pixels), _mask_within(true, pixels)
    return CentrelineDifference(true & reached, true & ~reached, lines & allowed, lines & ~allowed)


def _mask_within(lines: np.ndarray, pixels: float) -> np.ndarray:
    if not lines.any():
        return np.zeros(lines.shape, bool)
    away = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= pixels, dtype=bool)


def _share_of_total(part: np.ndarray, rest: np.ndarray) -> float:
    total = int(part.sum()) + int(rest.sum())
    return float("nan") if total == 0 else float(part.sum()) / total


def _format_percent(share: float) -> str:
    return "n/a" if np.isnan(share) else f"{100 * share:.0f} %"


def draw_facilitation(pictures: RunImages, choice: ChosenImage, subject: MethodRow) -> FinishedFigure | None:
    """Return the paper's Fig. 3: label; input, its mask and residual; enhanced image, its mask and residual.

    None where the image has no label or the untouched input was not segmented.
    """
    origin = _find_untouched_row(pictures)
    label = pictures.read_label(choice.name)
    if origin is None or label is None or pictures.read_enhanced(origin, choice.name) is None:
        return None
    figure, axes = make_picture_grid(2, 4, find_picture_aspect(pictures, [choice]), (1,))
    show_colour_picture(axes[0, 0], colour_mask(label))
    write_column_name(axes[0, 0], "label")
    before, after = (_compare_mask(pictures, row, choice.name) for row in (origin, subject))
    for line, (row, found) in enumerate(((origin, before), (subject, after))):
        _draw_triple(pictures, row, choice.name, found, axes[line, 1:])
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
    lengths = ["not measured" if found is None else found.describe() for found in (before, after)]
    alt = f"{noun} length {lengths[0]} before, {lengths[1]} after enhancement by {subject.label}."
    return FinishedFigure(figure, caption, alt, True)


def _find_untouched_row(pictures: RunImages) -> MethodRow | None:
    return next((row for row in pictures.rows if row.id == UNTOUCHED_ROW), None)


def _write_legend(axes: Axes, choice: ChosenImage, pixels: float) -> None:
    """Explain the colours in the empty place below the label."""
    name = textwrap.fill(f"{choice.name}: {choice.why}", 30)
    key = [f"centrelines, within {pixels:g} px:", "grey: found", "orange: false", "blue: missed"]
    axes.text(0, 1, "\n".join([name, "", *key]), va="top", fontsize=7, transform=axes.transAxes)


def _draw_triple(
    pictures: RunImages, row: MethodRow, name: str, found: CentrelineDifference | None, axes: np.ndarray
) -> None:
    image, mask = pictures.read_enhanced(row, name), pictures.read_mask(row, name)
    if image is None or mask is None or found is None:
        for place in axes:
            show_absence(place, reason_absent(pictures, row))
        return
    show_image(axes[0], image)
    show_colour_picture(axes[1], colour_mask(mask))
    show_colour_picture(axes[2], found.draw())


def _compare_mask(pictures: RunImages, row: MethodRow, name: str) -> CentrelineDifference | None:
    """Compare a row's mask with the label; None without either."""
    mask, label = pictures.read_mask(row, name), pictures.read_label(name)
    if mask is None or label is None:
        return None
    return compare_centrelines(mask, label, get_tolerance_px(pictures.results))


def draw_segmentations(pictures: RunImages, choices: list[ChosenImage]) -> FinishedFigure:
    """Return the paper's Fig. 6: for each image the enhanced images and their masks, beside the label."""
    rows = pictures.rows_for_several_images
    figure, blocks = make_blocks(pictures, choices, rows, 2, columns_before=1)
    for block in blocks:
        (first, *tops), (below_first, *bottoms) = block.axes
        name = block.choice.name
        write_line_name(first, name[:16])
        _draw_truth(pictures, name, first, below_first)
        if block.has_names:
            write_column_name(first, "label, error of Origin")
        for row, top, bottom in zip(block.rows, tops, bottoms, strict=False):
            if block.has_names:
                write_column_name(top, row.label)
            _draw_pair(pictures, row, name, top, bottom)
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
    draw_mask(bottom, pictures, row, name)


def _draw_truth(pictures: RunImages, name: str, top: Axes, bottom: Axes) -> None:
    label = pictures.read_label(name)
    if label is None:
        show_absence(top, "no label")
        show_absence(bottom, "no label")
        return
    show_colour_picture(top, colour_mask(label))
    origin = _find_untouched_row(pictures)
    found = None if origin is None else _compare_mask(pictures, origin, name)
    if found is None:
        show_absence(bottom, "the input was not segmented")
    else:
        show_colour_picture(bottom, found.draw())
