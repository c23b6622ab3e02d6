"""Histogram matching: give an image the pooled histogram of the high-quality training images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sspbench import Method, to_uint8

GREY_LEVELS = 256


class HistogramMatching(Method):
    """Map grey levels so that the distribution becomes that of the high-quality images, all of them pooled."""

    def fit(self, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> Mapping[str, list[int]]:
        """Return the pooled histogram of the high-quality images: pixels by 8-bit grey level."""
        counts = np.zeros(GREY_LEVELS, np.int64)
        for image in high:
            counts += np.bincount(to_uint8(image).ravel(), minlength=GREY_LEVELS)
        return {"high_histogram": counts.tolist()}

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Match each of (N, 1, H, W) float32 images in [0, 1] on its own, in 8-bit grey levels."""
        wanted = np.asarray(self.fitted["high_histogram"])
        return np.stack([match_histogram(to_uint8(image), wanted) for image in images])


def match_histogram(image: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the image, uint8, with the histogram ``wanted`` (256 counts): float32 in [0, 1].

    A level goes to where the wanted cumulative distribution reaches its own, interpolated between the levels that
    occur, as ``skimage.exposure.match_histograms`` does against the stacked images themselves.
    """
    own = np.cumsum(np.bincount(image.ravel(), minlength=GREY_LEVELS)) / image.size
    levels = np.flatnonzero(wanted)
    reached = np.cumsum(wanted)[levels] / wanted.sum()
    table = np.interp(own, reached, levels) / (GREY_LEVELS - 1)
    result: np.ndarray = table.astype(np.float32)[image]
    return result
