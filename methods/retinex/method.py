"""Multi-scale retinex: the logarithm of an image against that of its surroundings, at several widths (Jobson 1997)."""

from __future__ import annotations

import math

import numpy as np

from sspbench import Method, blur_inside, enhance_each, find_seen_area


class MultiScaleRetinex(Method):
    """Mean of single-scale retinexes with equal weights; of colour images that of the intensity, the colours kept."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Enhance each of (N, C, H, W) float32 images in [0, 1]; constant images come back as they are."""
        return enhance_each(images, self._enhance_one)

    def _enhance_one(self, picture: np.ndarray) -> np.ndarray:
        seen, intensity = find_seen_area(picture), picture.mean(axis=2)
        stretched = self._stretch_reflectance(intensity, seen)[..., None]
        if picture.shape[2] > 1:
            stretched = scale_colours(picture, intensity[..., None], stretched)
        return np.where(seen[..., None], stretched, picture)

    def _stretch_reflectance(self, image: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Return the retinex of (H, W) in [0, 1], stretched between two quantiles."""
        levels = image * np.float32(255)
        widths = [surround / math.sqrt(2) for surround in self.params["surrounds"]]
        around = np.mean([np.log1p(blur_inside(levels, seen, width)) for width in widths], axis=0)
        reflectance = np.log1p(levels) - around
        low, high = np.quantile(reflectance[seen], [self.params["tail"], 1 - self.params["tail"]])
        if image.min() == image.max() or low == high:
            return image
        stretched: np.ndarray = np.clip((reflectance - low) / (high - low), 0.0, 1.0).astype(np.float32)
        return stretched


def scale_colours(picture: np.ndarray, intensity: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return a picture (H, W, 3) in [0, 1] with the wanted intensity, (H, W, 1), as far as no channel exceeds 1."""
    brightest = np.maximum(picture.max(axis=2, keepdims=True), np.finfo(np.float32).tiny)
    wanted_gain = wanted / np.maximum(intensity, np.finfo(np.float32).tiny)
    scaled: np.ndarray = picture * np.minimum(wanted_gain, 1 / brightest)
    return scaled
