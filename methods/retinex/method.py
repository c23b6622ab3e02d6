"""Multi-scale retinex: the logarithm of an image against that of its surroundings, at several widths (Jobson 1997)."""

from __future__ import annotations

import math

import numpy as np

from sspbench import Method, blur_inside, enhance_each, find_seen_area

COLOUR_GAIN = 125.0
"""Alpha of the colour restoration (Jobson et al. 1997); its other factor, 46, drops out in the stretch."""


class MultiScaleRetinex(Method):
    """Mean of single-scale retinexes with equal weights; in colour channel by channel, with colour restoration."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Enhance each of (N, C, H, W) float32 images in [0, 1]; constant images come back as they are."""
        return enhance_each(images, self._enhance_one)

    def _enhance_one(self, picture: np.ndarray) -> np.ndarray:
        seen, levels = find_seen_area(picture), picture * np.float32(255)
        widths = [surround / math.sqrt(2) for surround in self.params["surrounds"]]
        around = np.mean([np.log1p(blur_inside(levels, seen, width)) for width in widths], axis=0)
        reflectance = np.log1p(levels) - around
        if picture.shape[2] > 1:
            reflectance = reflectance * _restore_colour(levels)
        low, high = np.quantile(reflectance[seen], [self.params["tail"], 1 - self.params["tail"]])
        if picture.min() == picture.max() or low == high:
            return picture
        stretched = np.clip((reflectance - low) / (high - low), 0.0, 1.0).astype(np.float32)
        return np.where(seen[..., None], stretched, picture)


def _restore_colour(levels: np.ndarray) -> np.ndarray:
    """Return the factor on the reflectance of (H, W, 3): the logarithm of a channel's share in its pixel."""
    share = (levels + 1) / (levels + 1).sum(axis=2, keepdims=True)
    factor: np.ndarray = np.log(COLOUR_GAIN * share)
    return factor
