"""The round field of view of a photograph that comes alone, without the data set that says whether it has one."""

from __future__ import annotations

import cv2
import numpy as np

from ..errors import UserError
from .field_of_view import BRIGHT, erode_field_of_view, find_field_of_view

# Share of the circle around the field's outline, within the outline's bounding box, that the outline must fill. A notch
# at the edge costs 4 %; the bounding box allows for a disc that is cut off at the top and bottom.
MIN_FILLED_SHARE = 0.9

# Share of the bounding box that the circle may fill: a circle leaves corners free, a rectangle's own fills it.
MAX_BOX_SHARE = 0.97

# Share of the field's edge that must be bright. Of a mostly dark picture the rule takes the circle through what is
# bright. In a fundus photograph the bright edge is an arc, in other pictures a few points.
MIN_BRIGHT_EDGE_SHARE = 0.25


def find_round_field(pixels: np.ndarray) -> np.ndarray | None:
    """Return the field of view, (H, W) bool, of a photograph, (H, W, 3) uint8, where it is round.

    It is found as data sets find it (:func:`.field_of_view.find_field_of_view`); None where nothing is bright, or the
    bright part is neither a disc nor a cut-off disc.
    """
    try:
        mask = find_field_of_view(pixels).mask
    except UserError:
        return None
    edge = mask & ~erode_field_of_view(mask)
    is_lit = (pixels.max(axis=2) > BRIGHT)[edge].sum() >= MIN_BRIGHT_EDGE_SHARE * edge.sum()
    return mask if is_lit and _is_round(mask) else None


def _is_round(mask: np.ndarray) -> bool:
    """Return whether the convex outline of a mask is that of a disc; dark retina may have cut parts out of the mask."""
    outline = cv2.convexHull(cv2.findNonZero(mask.astype(np.uint8)))
    hull = cv2.fillConvexPoly(np.zeros(mask.shape, np.uint8), outline, 1)
    (centre_x, centre_y), radius = cv2.minEnclosingCircle(outline)
    left, top, width, height = cv2.boundingRect(outline)
    y, x = np.ogrid[top : top + height, left : left + width]
    disc = np.hypot(y - centre_y, x - centre_x) <= radius
    return bool(hull.sum() >= MIN_FILLED_SHARE * disc.sum() and disc.mean() <= MAX_BOX_SHARE)
