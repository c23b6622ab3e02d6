"""CLAHE: contrast-limited adaptive histogram equalisation (Zuiderveld 1994), as OpenCV computes it."""

from __future__ import annotations

import cv2
import numpy as np

from sspbench import Method, enhance_each, find_seen_area, to_uint8

# White's L of CIE Lab.
MAX_LIGHTNESS = 100.0


class Clahe(Method):
    """Equalise histograms tile by tile, with a limit to the gain in contrast; in colour, those of the lightness."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Equalise each of (N, C, H, W) float32 images in [0, 1], in 256 levels."""
        return enhance_each(images, self._enhance_one)

    def _enhance_one(self, picture: np.ndarray) -> np.ndarray:
        if picture.shape[2] == 1:
            return self._equalise(picture[..., 0])[..., None]
        lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)
        lab[..., 0] = MAX_LIGHTNESS * self._equalise(lab[..., 0] / np.float32(MAX_LIGHTNESS))
        equalised = np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0.0, 1.0)
        return np.where(find_seen_area(picture)[..., None], equalised, picture)

    def _equalise(self, values: np.ndarray) -> np.ndarray:
        """Equalise (H, W) float32 in [0, 1] in 256 levels."""
        tiles = self.params["tiles"]
        equaliser = cv2.createCLAHE(clipLimit=self.params["clip"], tileGridSize=(tiles, tiles))
        levels: np.ndarray = equaliser.apply(to_uint8(values)).astype(np.float32)
        return levels / np.float32(255)
