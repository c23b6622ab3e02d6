"""Brightness: scale an image to the mean of the high-quality training images, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sspbench import Method


class Brightness(Method):
    """Multiply each image by one number."""

    def fit(self, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> Mapping[str, float]:
        """Return the mean of the high-quality images."""
        return {"high_mean": float(np.mean([image.mean(dtype=np.float64) for image in high]))}

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Scale each of (N, 1, H, W) float32 images in [0, 1]; a black image stays black."""
        means = images.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
        gains = np.divide(self.fitted["high_mean"], means, out=np.ones_like(means), where=means > 0)
        result: np.ndarray = np.clip(images * gains, 0.0, 1.0).astype(np.float32)
        return result
