"""Centrelines of segmented nerves: thinning, length, and what lies near them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

_DIAGONAL_STEP_PX = np.sqrt(2.0)


def skeletonize_masks(masks: np.ndarray) -> np.ndarray:
    """Thin (N, H, W) bool masks to one-pixel centrelines (scikit-image ``skeletonize``), (N, H, W) bool."""
    # Imported late: listing the measures must not wait a second for scikit-image.
    from skimage.morphology import skeletonize

    return np.stack([skeletonize(mask) for mask in masks])


def mark_pixels_near(lines: np.ndarray, tolerance: float) -> np.ndarray:
    """Mark the pixels within ``tolerance`` px (Euclidean) of the lines of one (H, W) bool image.

    >>> line = np.zeros((5, 5), bool)
    >>> line[2, 2] = True
    >>> mark_pixels_near(line, 1).sum(), mark_pixels_near(line, 1.5).sum(), mark_pixels_near(line, 0).sum()
    (np.int64(5), np.int64(9), np.int64(1))
    """
    reach = int(tolerance)
    offsets = np.arange(-reach, reach + 1)
    disc = (offsets[:, None] ** 2 + offsets**2 <= tolerance**2).astype(np.uint8)
    return cv2.dilate(lines.astype(np.uint8), disc).astype(bool)


def iter_pixel_links(lines: np.ndarray) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice], np.ndarray, float]]:
    """Give the links between neighbouring pixels of one (H, W) bool skeleton, one direction after the other.

    Two pixels that touch at a corner are linked only if no third pixel links them by two straight steps, so that
    a corner is not counted twice.

    Yields:
        The windows of the first and the second pixel, a bool array of the size of a window that is set where both
        are linked, and the length of the link in px.
    """
    head, tail, whole = slice(None, -1), slice(1, None), slice(None)
    yield (whole, head), (whole, tail), lines[:, :-1] & lines[:, 1:], 1.0
    yield (head, whole), (tail, whole), lines[:-1] & lines[1:], 1.0
    upper_left, upper_right, lower_left, lower_right = (
        lines[rows, columns] for rows in (head, tail) for columns in (head, tail)
    )
    yield (head, head), (tail, tail), upper_left & lower_right & ~upper_right & ~lower_left, _DIAGONAL_STEP_PX
    yield (head, tail), (tail, head), upper_right & lower_left & ~upper_left & ~lower_right, _DIAGONAL_STEP_PX


def measure_step_length(lines: np.ndarray) -> float:
    """Measure the length of one (H, W) bool skeleton in px: straight steps count 1, diagonal ones sqrt(2).

    >>> measure_step_length(np.eye(4, dtype=bool)) == 3 * 2 ** 0.5
    True
    """
    return float(sum(np.count_nonzero(linked) * size for _, _, linked, size in iter_pixel_links(lines)))
