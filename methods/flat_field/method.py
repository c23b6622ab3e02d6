"""Flat field: divide an image by its own light, a wide Gaussian mean."""

from __future__ import annotations

import numpy as np

from sspbench import Method, blur_inside, compute_luminance, enhance_each, find_seen_area


class FlatField(Method):
    """Even out the illumination and keep the mean; all channels of a pixel get the same factor."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Correct each of (N, C, H, W) float32 images in [0, 1]."""
        return enhance_each(images, self._enhance_one)

    def _enhance_one(self, picture: np.ndarray) -> np.ndarray:
        luminance, seen = compute_luminance(picture), find_seen_area(picture)
        light = np.maximum(blur_inside(luminance, seen, self.params["sigma"]), np.float32(self.params["floor"]))
        even = np.clip(picture / light[..., None] * luminance[seen].mean(), 0.0, 1.0)
        return np.where(seen[..., None], even, picture)
