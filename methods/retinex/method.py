"""Multi-scale retinex: the logarithm of an image against that of its surroundings, at several widths (Jobson 1997)."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sspbench import Method


class MultiScaleRetinex(Method):
    """Mean of single-scale retinexes with equal weights; grey, so without colour restoration."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Enhance each of (N, 1, H, W) float32 images in [0, 1]; constant images come back as they are."""
        return np.stack([self._enhance_one(image[0]) for image in images])[:, None]

    def _enhance_one(self, image: np.ndarray) -> np.ndarray:
        levels = image * np.float32(255)
        widths = [surround / math.sqrt(2) for surround in self.params["surrounds"]]
        around = np.mean([np.log1p(cv2.GaussianBlur(levels, (0, 0), width)) for width in widths], axis=0)
        reflectance = np.log1p(levels) - around
        low, high = np.quantile(reflectance, [self.params["tail"], 1 - self.params["tail"]])
        if image.min() == image.max() or low == high:
            return image
        stretched: np.ndarray = np.clip((reflectance - low) / (high - low), 0.0, 1.0).astype(np.float32)
        return stretched
