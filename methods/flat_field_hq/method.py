"""Flat field to the mean of the high-quality training images, and, as a separate row, smoothed a little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from sspbench import Method


class FlatFieldToHighMean(Method):
    """Even out the illumination, then scale each image to the mean of the high-quality ones."""

    def fit(self, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> Mapping[str, float]:
        """Return the mean of the high-quality images."""
        return {"high_mean": float(np.mean([image.mean(dtype=np.float64) for image in high]))}

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Correct each of (N, 1, H, W) float32 images in [0, 1]; a black image stays black."""
        return np.stack([self._enhance_one(image[0]) for image in images])[:, None]

    def _enhance_one(self, image: np.ndarray) -> np.ndarray:
        light = cv2.GaussianBlur(image, (0, 0), self.params["sigma"])
        even: np.ndarray = image / np.maximum(light, np.float32(self.params["floor"]))
        if self.params["smooth"] > 0:
            even = cv2.GaussianBlur(even, (0, 0), self.params["smooth"])
        mean = float(even.mean(dtype=np.float64))
        gain = self.fitted["high_mean"] / mean if mean > 0 else 1.0
        result: np.ndarray = np.clip(even * gain, 0.0, 1.0).astype(np.float32)
        return result
