"""Mean-subtracted contrast-normalised (MSCN) coefficients, shared by NIQE and PIQE.

Source: Ruderman 1994; Mittal, Soundararajan and Bovik, IEEE SPL 2013, equations 1-3.
"""

from __future__ import annotations

import cv2
import numpy as np

_WINDOW = (7, 7)
_SIGMA = 7 / 6

# In a flat region the coefficient is rounding noise, whose sign NIQE counts. Taking it as slightly positive (zero in
# black) gives MATLAB's figure for image3 of the release, 8.036; other rounding gives 7.6 to 8.0. Presumably MATLAB's
# window sums to a little less than one. Leaning the mean makes the sign positive whatever the rounding here.
_LEAN = 1e-13


def local_statistics(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the MSCN coefficients and the local standard deviation of one image.

    Args:
        image: (H, W) float64 on the 0..255 scale.

    Returns:
        ``(image - mean) / (deviation + 1)`` and ``deviation``, both (H, W) float64. Mean and deviation are
        weighted by a 7x7 Gaussian of sigma 7/6; the border is replicated.
    """
    mean = cv2.GaussianBlur(image, _WINDOW, _SIGMA, borderType=cv2.BORDER_REPLICATE)
    deviation = cv2.GaussianBlur(np.square(image), _WINDOW, _SIGMA, borderType=cv2.BORDER_REPLICATE)
    deviation -= np.square(mean)
    np.sqrt(np.abs(deviation, out=deviation), out=deviation)
    mean *= 1.0 - _LEAN
    normalised = np.subtract(image, mean, out=mean)
    normalised /= deviation + 1.0
    return normalised, deviation
