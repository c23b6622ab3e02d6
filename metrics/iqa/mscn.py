"""Mean-subtracted contrast-normalised (MSCN) coefficients, shared by NIQE and PIQE.

Source: Ruderman 1994; Mittal, Soundararajan and Bovik, IEEE SPL 2013, equations 1-3.
"""

from __future__ import annotations

import cv2
import numpy as np

# The released code filters with a 7x7 Gaussian of sigma 7/6, which MATLAB's imfilter splits into two factors by a
# singular value decomposition. The last digits of the factor count: its square sums to 1 - 2e-16, not to 1, so that
# coefficients in flat regions, which are rounding noise, are mostly just above zero, and NIQE counts signs. A factor
# normalised to 1 gives 7.85 for image3 of the release (19 % flat), this one 8.04, MATLAB 8.036. Which last digits
# MATLAB's own decomposition has is unknown: these are one of several that differ by an ulp, kept as image3 agrees.
_HALF_FACTOR = ["0x1.9b92991f24880p-7", "0x1.42e11ca517a5dp-4", "0x1.e5fb7c557fad0p-3", "0x1.5edacbc602376p-2"]
_FILTER_FACTOR = np.array([float.fromhex(digits) for digits in [*_HALF_FACTOR, *_HALF_FACTOR[2::-1]]])


def local_statistics(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the MSCN coefficients and the local standard deviation of one image.

    Args:
        image: (H, W) float64 on the 0..255 scale.

    Returns:
        ``(image - mean) / (deviation + 1)`` and ``deviation``, both (H, W) float64. Mean and deviation are
        weighted by a 7x7 Gaussian of sigma 7/6; the border is replicated.
    """
    mean = _blur(image)
    deviation = _blur(np.square(image))
    deviation -= np.square(mean)
    np.sqrt(np.abs(deviation, out=deviation), out=deviation)
    normalised = np.subtract(image, mean, out=mean)
    normalised /= deviation + 1.0
    return normalised, deviation


def _blur(image: np.ndarray) -> np.ndarray:
    return cv2.sepFilter2D(image, cv2.CV_64F, _FILTER_FACTOR, _FILTER_FACTOR, borderType=cv2.BORDER_REPLICATE)
