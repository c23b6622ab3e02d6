"""Brightness: scale an image to the mean of the high-quality training images, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sspbench import Method, compute_luminance, enhance_each, find_seen_area


class Brightness(Method):
    """Multiply each image by one number, the same for all channels: colours stay."""

    def fit(self, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> Mapping[str, float]:
        """Return the mean luminance of the high-quality images."""
        return {"high_mean": float(np.mean([_mean_luminance(np.atleast_3d(image)) for image in high]))}

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Scale each of (N, C, H, W) float32 images in [0, 1]; a black image stays black."""
        return enhance_each(images, self._enhance_one)

    def _enhance_one(self, picture: np.ndarray) -> np.ndarray:
        mean = _mean_luminance(picture)
        gain = self.fitted["high_mean"] / mean if mean > 0 else 1.0
        scaled: np.ndarray = np.clip(picture * np.float64(gain), 0.0, 1.0)
        return scaled


def _mean_luminance(picture: np.ndarray) -> float:
    return float(compute_luminance(picture)[find_seen_area(picture)].mean(dtype=np.float64))
