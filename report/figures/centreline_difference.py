"""Shows where segmentation and truth differ along their centrelines, within a tolerance of a few pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.morphology import skeletonize

from ..analysis.results import Results
from .run_images import FALSE_COLOUR, MISSED_COLOUR

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


def compare_centrelines(
    mask: np.ndarray, label: np.ndarray, pixels: float = DEFAULT_TOLERANCE_PX
) -> CentrelineDifference:
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
