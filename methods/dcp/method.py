"""Dark channel prior: estimate a veil from the darkest pixels nearby and remove it (He et al. 2011)."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import minimum_filter

from sspbench import Method, UserError

MIN_AIR_LIGHT = 1e-6
"""Keeps the division by the air light finite on a black image."""


class DarkChannelPrior(Method):
    """Remove the veil ``I = J t + A (1 - t)``; constant images come back as they are."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Dehaze each of (N, 1, H, W) float32 images in [0, 1] on its own."""
        enhanced = [self._enhance_one(image[0].astype(np.float64)) for image in images]
        return np.stack(enhanced)[:, None].astype(np.float32) if enhanced else images.copy()

    def _enhance_one(self, image: np.ndarray) -> np.ndarray:
        if image.min() == image.max():
            return image
        if self.params["inverted"]:
            return 1.0 - self._dehaze(1.0 - image)
        return self._dehaze(image)

    def _dehaze(self, image: np.ndarray) -> np.ndarray:
        p = self.params
        dark = minimum_filter(image, size=p["window"], mode="nearest")
        light = estimate_air_light(image, dark, share=p["airlight_share"], skip=p["airlight_skip"])
        rough = 1.0 - p["omega"] * dark / light
        transmission = guided_filter(
            image, rough, side=p["filter_side"], eps=p["filter_eps"], border=p["filter_border"]
        )
        return np.clip((image - light) / np.maximum(transmission, p["t0"]) + light, 0.0, 1.0)


def estimate_air_light(image: np.ndarray, dark: np.ndarray, *, share: float, skip: int = 0) -> float:
    """Mean of the image over the brightest dark-channel pixels.

    Args:
        image: (H, W) in [0, 1].
        dark: Its dark channel, (H, W).
        share: Share of all pixels taken: ``max(floor(share H W), 1)`` of them.
        skip: That many of the darkest among them are left out of the sum but still counted, an off-by-one of a
            much copied implementation.
    """
    count = max(int(share * image.size), 1)
    brightest = np.argsort(dark, axis=None, kind="stable")[-count:]
    return max(float(image.ravel()[brightest[skip:]].sum()) / count, MIN_AIR_LIGHT)


def guided_filter(guide: np.ndarray, values: np.ndarray, *, side: int, eps: float, border: str) -> np.ndarray:
    """Smooth ``values`` along the edges of ``guide``: a local linear model in boxes of ``side`` pixels.

    Args:
        guide: (H, W) float64.
        values: (H, W) float64.
        side: Side of the box in pixels; an even side is centred half a pixel towards the end.
        eps: Regulariser in squared units of the guide.
        border: ``normalised`` or ``reflect``, see :func:`box_mean`.
    """

    def mean(array: np.ndarray) -> np.ndarray:
        return box_mean(array, side, border)

    mean_guide, mean_values = mean(guide), mean(values)
    covariance = mean(guide * values) - mean_guide * mean_values
    variance = mean(guide * guide) - mean_guide**2
    slope = covariance / (variance + eps)
    offset = mean_values - slope * mean_guide
    return mean(slope) * guide + mean(offset)


def box_mean(array: np.ndarray, side: int, border: str) -> np.ndarray:
    """Mean of a ``side`` x ``side`` box around each pixel of an (H, W) float64 array.

    Args:
        array: (H, W) float64.
        side: Side of the box in pixels.
        border: ``normalised`` averages the pixels inside the image; ``reflect`` mirrors the image (OpenCV's default).

    Raises:
        UserError: unknown border.
    """
    box = (side, side)
    if border == "reflect":
        return cv2.boxFilter(array, -1, box)
    if border == "normalised":
        total = cv2.boxFilter(array, -1, box, normalize=False, borderType=cv2.BORDER_CONSTANT)
        count = cv2.boxFilter(np.ones_like(array), -1, box, normalize=False, borderType=cv2.BORDER_CONSTANT)
        return total / count
    raise UserError(f"Unknown filter_border {border!r}", where="methods/dcp", hint="write 'normalised' or 'reflect'")
