"""Non-local means: average pixels whose surroundings look alike (Buades, Coll & Morel 2005), as OpenCV computes it."""

from __future__ import annotations

import cv2
import numpy as np

from sspbench import Method, to_uint8


class NonLocalMeans(Method):
    """Denoise, and leave light and contrast alone."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Denoise each of (N, 1, H, W) float32 images in [0, 1], in 8-bit grey levels."""
        p = self.params
        levels = [
            cv2.fastNlMeansDenoising(to_uint8(image[0]), None, p["strength"], p["patch"], p["search"])
            for image in images
        ]
        return np.stack(levels)[:, None].astype(np.float32) / np.float32(255)
