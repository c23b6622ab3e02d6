"""CLAHE: contrast-limited adaptive histogram equalisation (Zuiderveld 1994), as OpenCV computes it."""

from __future__ import annotations

import cv2
import numpy as np

from sspbench import Method, to_uint8


class Clahe(Method):
    """Equalise histograms tile by tile, with a limit to the gain in contrast."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Equalise each of (N, 1, H, W) float32 images in [0, 1], in 8-bit grey levels."""
        tiles = self.params["tiles"]
        equaliser = cv2.createCLAHE(clipLimit=self.params["clip"], tileGridSize=(tiles, tiles))
        levels = np.stack([equaliser.apply(to_uint8(image[0])) for image in images])[:, None]
        return levels.astype(np.float32) / np.float32(255)
