"""Where segmented and true nerves differ, seen along their centrelines: what a tolerance of a few pixels forgives."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.morphology import skeletonize

from ..results import Results
from .pictures import FALSE, MISSED

TOLERANCE = 3.0
"""Pixels by which two centrelines may differ; the default of the metric family ``centreline``."""

AGREED = (190, 190, 190)
"""Colour of nerves found within the tolerance."""


@dataclass(frozen=True)
class Residual:
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
        """Share of the true centreline that was missed; NaN where there is none."""
        return _share(self.missed, self.found)

    @property
    def false_share(self) -> float:
        """Share of what was segmented that is false; NaN where nothing was."""
        return _share(self.false, self.right)

    def picture(self) -> np.ndarray:
        """Return (H, W, 3) uint8: found, missed and false centrelines, three pixels wide, on white."""
        drawn = np.full((*self.found.shape, 3), 255, np.uint8)
        for lines, colour in ((self.found, AGREED), (self.missed, MISSED), (self.false, FALSE)):
            drawn[_within(lines, 1.5)] = colour
        return drawn

    def words(self) -> str:
        """Return both shares in words."""
        return f"missed {_percent(self.missed_share)}, false {_percent(self.false_share)}"


def tolerance(results: Results) -> float:
    """Return the tolerance in pixels that the run's centreline measures use."""
    return float(results.plan.config["metrics"].get("centreline", {}).get("tolerance_px", TOLERANCE))


def residual(mask: np.ndarray, label: np.ndarray, pixels: float = TOLERANCE) -> Residual:
    """Compare two (H, W) bool masks along their centrelines, at a tolerance in pixels."""
    lines, true = skeletonize(mask), skeletonize(label)
    reached, allowed = _within(lines, pixels), _within(true, pixels)
    return Residual(true & reached, true & ~reached, lines & allowed, lines & ~allowed)


def _within(lines: np.ndarray, pixels: float) -> np.ndarray:
    if not lines.any():
        return np.zeros(lines.shape, bool)
    away = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= pixels, dtype=bool)


def _share(part: np.ndarray, rest: np.ndarray) -> float:
    total = int(part.sum()) + int(rest.sum())
    return float("nan") if total == 0 else float(part.sum()) / total


def _percent(share: float) -> str:
    return "n/a" if np.isnan(share) else f"{100 * share:.0f} %"
