"""Histogram matching: give an image the pooled histogram of the high-quality training images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sspbench import Method, enhance_each, find_seen_area, to_uint8

LEVELS = 256


class HistogramMatching(Method):
    """Map levels so that the distribution becomes that of the high-quality images, pooled; channel by channel."""

    def fit(self, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> Mapping[str, list[int]]:
        """Return the pooled histogram of the high-quality images: pixels by 8-bit level, in colour by channel."""
        counts = np.zeros((self.channels, LEVELS), np.int64)
        for image in high:
            picture = np.atleast_3d(image)
            counts += count_levels(to_uint8(picture)[find_seen_area(picture)])
        return {"high_histogram": counts.squeeze().tolist()}

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Match each of (N, C, H, W) float32 images in [0, 1] on its own, in 8-bit levels."""
        wanted = np.reshape(self.fitted["high_histogram"], (-1, LEVELS))
        return enhance_each(images, lambda picture: match_histograms(picture, wanted))


def count_levels(pixels: np.ndarray) -> np.ndarray:
    """Return how many of (n, C) uint8 pixels have each level: (C, 256)."""
    return np.stack([np.bincount(channel, minlength=LEVELS) for channel in pixels.T])


def match_histograms(picture: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the picture (H, W, C) in [0, 1] with the histograms ``wanted`` (C, 256): float32 in [0, 1].

    A level goes to where the wanted cumulative distribution reaches its own, interpolated between the levels that
    occur, as ``skimage.exposure.match_histograms`` does against the stacked images themselves.
    """
    levels, seen = to_uint8(picture), find_seen_area(picture)
    tables = [_match_levels(*counts) for counts in zip(count_levels(levels[seen]), wanted, strict=True)]
    matched = [table.astype(np.float32)[levels[..., channel]] for channel, table in enumerate(tables)]
    return np.where(seen[..., None], np.stack(matched, axis=2), picture)


def _match_levels(own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return where each level goes, (256,) in [0, 1]."""
    levels = np.flatnonzero(wanted)
    reached = np.cumsum(wanted)[levels] / wanted.sum()
    return np.interp(np.cumsum(own) / own.sum(), reached, levels) / (LEVELS - 1)
