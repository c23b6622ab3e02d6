"""Flat field to the mean of the high-quality training images, and, as a separate row, smoothed a little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sspbench import Method, blur_inside, compute_luminance, enhance_each, find_seen_area


class FlatFieldToHighMean(Method):
    """Even out the illumination, then scale to the mean of the high-quality images; channels are scaled alike."""

    def fit(self, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> Mapping[str, float]:
        """Return the mean luminance of the high-quality images."""
        pictures = (np.atleast_3d(image) for image in high)
        return {"high_mean": float(np.mean([_mean_luminance(one, find_seen_area(one)) for one in pictures]))}

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Correct each of (N, C, H, W) float32 images in [0, 1]; a black image stays black."""
        return enhance_each(images, self._enhance_one)

    def _enhance_one(self, picture: np.ndarray) -> np.ndarray:
        seen = find_seen_area(picture)
        light = blur_inside(compute_luminance(picture), seen, self.params["sigma"])
        even: np.ndarray = picture / np.maximum(light, np.float32(self.params["floor"]))[..., None]
        if self.params["smooth"] > 0:
            even = blur_inside(even, seen, self.params["smooth"])
        mean = _mean_luminance(even, seen)
        gain = self.fitted["high_mean"] / mean if mean > 0 else 1.0
        return np.where(seen[..., None], np.clip(even * gain, 0.0, 1.0), picture)


def _mean_luminance(picture: np.ndarray, seen: np.ndarray) -> float:
    return float(compute_luminance(picture)[seen].mean(dtype=np.float64))
