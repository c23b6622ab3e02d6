"""Gamma correction: ``out = in ** gamma``."""

from __future__ import annotations

import numpy as np

from sspbench import Method


class Gamma(Method):
    """Bend the levels of every channel by one power law."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Raise (N, C, H, W) float32 images in [0, 1] to the power ``gamma``."""
        return images ** np.float32(self.params["gamma"])
