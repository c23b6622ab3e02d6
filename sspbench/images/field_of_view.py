"""The field of view of a fundus photograph: the bright disc that the camera shows on black."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from ..errors import UserError

BRIGHT = 20
"""8-bit value above which the brightest channel of a pixel belongs to the field of view."""

OPENING_PX = 8
"""Side of the square that removes specks and thin lines, pixels."""

MIN_CIRCLE_SHARE = 0.5
"""Share of the fitted circle that must be bright. Below it, dark retina was cut off and the circle is taken."""

OUTLIER_SHARE = 0.03
"""Distance from the circle, in radii, beyond which a point of the outline is left out of the second fit."""

EDGE_SHARE = 0.03
"""Width of the border that no-reference metrics leave out, in radii: its gradients are those of the disc's edge."""


@dataclass(frozen=True)
class FieldOfView:
    """Where a photograph shows the retina.

    Attributes:
        mask: (H, W) bool.
        source: ``"threshold"``: the bright pixels; ``"circle"``: the circle fitted to them, because less than half of
            it is bright.
    """

    mask: np.ndarray
    source: Literal["threshold", "circle"]


def find_field_of_view(pixels: np.ndarray) -> FieldOfView:
    """Find the field of view of a photograph.

    Pixels whose brightest channel exceeds 20 are opened with an 8 x 8 square; holes are filled and the largest
    connected part is kept. Where this part covers less than half of the circle through its outline, the circle is
    taken.

    Args:
        pixels: (H, W, 3) or (H, W) uint8.

    Raises:
        UserError: no part of the picture is bright.
    """
    brightest = pixels.max(axis=2) if pixels.ndim == 3 else pixels
    mask = _largest_part(ndimage.binary_fill_holes(_open(brightest > BRIGHT)))
    if not mask.any():
        raise UserError(
            "A photograph shows no field of view",
            why=f"no {OPENING_PX} x {OPENING_PX} pixels are brighter than {BRIGHT}",
            hint="remove the picture, or give its mask",
        )
    circle = _fitted_circle(mask)
    if circle is not None and mask.sum() < MIN_CIRCLE_SHARE * circle.sum():
        return FieldOfView(circle, "circle")
    return FieldOfView(mask, "threshold")


def erode_field_of_view(mask: np.ndarray, share: float = EDGE_SHARE) -> np.ndarray:
    """Return the mask without a border of ``share`` of its radius; the frame's own border does not count as an edge.

    Args:
        mask: (H, W) bool.
        share: Width of the border in radii of a disc of the same area.
    """
    radius = np.sqrt(mask.sum() / np.pi)
    if mask.all():
        return mask.copy()
    distance: np.ndarray = ndimage.distance_transform_edt(mask)
    return distance > share * radius


def find_inscribed_square(mask: np.ndarray) -> tuple[slice, slice]:
    """Return rows and columns of the largest square inside the mask; for measures that take whole pictures.

    Args:
        mask: (H, W) bool; at least one pixel is True.
    """
    padded = np.pad(mask, 1)
    reach = ndimage.distance_transform_cdt(padded, metric="chessboard")[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(reach)), mask.shape)
    half = int(reach[row, column]) - 1
    return slice(int(row) - half, int(row) + half + 1), slice(int(column) - half, int(column) + half + 1)


def _open(mask: np.ndarray) -> np.ndarray:
    """Open with a square; the square is separable, so two lines do the same in less time."""
    size = OPENING_PX
    padded = np.pad(mask, size, mode="edge")
    eroded = ndimage.minimum_filter(padded, size)
    # An even window is off centre by one pixel; the dilation must look the other way.
    opened: np.ndarray = ndimage.maximum_filter(eroded, size, origin=-1)
    return opened[size:-size, size:-size]


def _largest_part(mask: np.ndarray) -> np.ndarray:
    parts, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(parts.ravel())
    return parts == 1 + int(np.argmax(sizes[1:]))


def _fitted_circle(mask: np.ndarray) -> np.ndarray | None:
    """Return the disc through the convex outline of ``mask`` within the frame; None without an outline.

    The convex outline skips what is dark inside the disc, and points on the frame's border do not belong to it.
    """
    import cv2

    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = cv2.convexHull(np.concatenate(contours))[:, 0].astype(np.float64)
    height, width = mask.shape
    inner = ((points > 0) & (points < (width - 1, height - 1))).all(axis=1)
    points = points[inner]
    if len(points) < 3:
        return None
    centre, radius = _fit(points)
    away = np.abs(np.hypot(*(points - centre).T) - radius)
    near = points[away <= OUTLIER_SHARE * radius]
    if len(near) >= 3:
        centre, radius = _fit(near)
    y, x = np.ogrid[:height, :width]
    disc: np.ndarray = np.hypot(y - centre[1], x - centre[0]) <= radius
    return disc


def _fit(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit a circle to (n, 2) points by linear least squares (Kåsa, 1976); return centre and radius."""
    system = np.column_stack([2 * points, np.ones(len(points))])
    a, b, c = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0]
    return np.array([a, b]), float(np.sqrt(c + a * a + b * b))
