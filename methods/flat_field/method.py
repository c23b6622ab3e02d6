"""Flat field: divide an image by its own light, a wide Gaussian mean."""

from __future__ import annotations

import cv2
import numpy as np

from sspbench import Method


class FlatField(Method):
    """Even out the illumination and keep the mean."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Correct each of (N, 1, H, W) float32 images in [0, 1]."""
        return np.stack([self._enhance_one(image[0]) for image in images])[:, None]

    def _enhance_one(self, image: np.ndarray) -> np.ndarray:
        light = cv2.GaussianBlur(image, (0, 0), self.params["sigma"])
        even = image / np.maximum(light, np.float32(self.params["floor"]))
        result: np.ndarray = np.clip(even * image.mean(), 0.0, 1.0).astype(np.float32)
        return result
