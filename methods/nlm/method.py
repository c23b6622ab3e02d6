"""Non-local means: average pixels whose surroundings look alike (Buades, Coll & Morel 2005), as OpenCV computes it."""

from __future__ import annotations

import cv2
import numpy as np

from sspbench import Method, enhance_each, to_uint8


class NonLocalMeans(Method):
    """Denoise, and leave light and contrast alone; of colours, lightness and chroma each on its own."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Denoise each of (N, C, H, W) float32 images in [0, 1], in 8-bit levels."""
        return enhance_each(images, lambda picture: self._denoise(to_uint8(picture)) / np.float32(255))

    def _denoise(self, levels: np.ndarray) -> np.ndarray:
        strength, windows = self.params["strength"], (self.params["patch"], self.params["search"])
        if levels.shape[2] == 1:
            return cv2.fastNlMeansDenoising(levels[..., 0], None, strength, *windows)[..., None]
        bgr = np.ascontiguousarray(levels[..., ::-1])  # OpenCV's order
        return cv2.fastNlMeansDenoisingColored(bgr, None, strength, strength, *windows)[..., ::-1]
