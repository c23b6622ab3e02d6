"""How good a confocal frame is: sharpness of the nerves, evenness of the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_laplace
from scipy.stats import rankdata

FINE_SIGMA_PX = 1.5
"""Standard deviation, in pixels of a 384-pixel frame, at which nerve borders show and single-pixel noise does not."""

BROAD_SIGMA_PX = 32.0
"""Standard deviation, in pixels of a 384-pixel frame, that leaves only the illumination."""


@dataclass(frozen=True)
class FrameQuality:
    """Two figures of one image.

    Attributes:
        sharpness: RMS of the Laplacian of Gaussian over the mean grey level; free of gain.
        evenness: 1 - coefficient of variation of the illumination (the broadly smoothed image); 1 is even.
    """

    sharpness: float
    evenness: float


def measure_frame_quality(grey: np.ndarray) -> FrameQuality:
    """Return both figures of (H, W) uint8; a black image has neither: 0 and 0."""
    image = grey.astype(np.float64)
    mean = float(image.mean())
    if mean == 0:
        return FrameQuality(0.0, 0.0)
    scale = grey.shape[1] / 384
    fine = gaussian_laplace(image, FINE_SIGMA_PX * scale, mode="reflect") * scale**2
    light = gaussian_filter(image, BROAD_SIGMA_PX * scale, mode="reflect")
    return FrameQuality(float(np.sqrt((fine**2).mean())) / mean, 1.0 - float(light.std()) / mean)


def rank_quality(all_figures: list[FrameQuality]) -> np.ndarray:
    """Return one quality in (0, 1] an image: the mean of its two ranks among all images, ties averaged."""
    sharp = rankdata([entry.sharpness for entry in all_figures])
    even = rankdata([entry.evenness for entry in all_figures])
    return (sharp + even) / (2 * len(all_figures))
