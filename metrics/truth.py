"""Closeness to the known clean image of simulated data, and nerves that were invented or lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .options import checked
from .paths import path_length
from .skeleton import near, skeletons
from .stack import notes_where

TOLERANCE_PX = 3.0
SSIM_REACH_PX = 11


def psnr(images: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Compute the peak signal-to-noise ratio, ``10 log10(255^2 / MSE)``, in dB.

    Args:
        images: (N, H, W) uint8.
        clean: (N, H, W) uint8.

    Returns:
        (N,) float64; infinite where both are identical.
    """
    error = np.square(images.astype(np.float64) - clean).mean(axis=(1, 2))
    ratio = np.divide(255.0**2, error, out=np.full(len(error), np.inf), where=error > 0)
    return 10 * np.log10(ratio)


def ssim(images: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Compute the mean structural similarity (Wang et al., 2004): 11x11 Gaussian of sigma 1.5, range 255.

    Args:
        images: (N, H, W) uint8.
        clean: (N, H, W) uint8.

    Returns:
        (N,) float64; NaN for images smaller than the window.
    """
    from skimage.metrics import structural_similarity

    if min(images.shape[1:]) < SSIM_REACH_PX:
        return np.full(len(images), np.nan)
    settings = {"data_range": 255, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return np.array([structural_similarity(one, two, **settings) for one, two in zip(images, clean, strict=True)])


def invented_and_lost(masks: np.ndarray, labels: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute the nerve length that was invented and that was lost, in % of the true length.

    Args:
        masks: (N, H, W) bool.
        labels: (N, H, W) bool.
        tolerance: How far apart, in px, two centrelines may run and still be the same nerve.

    Returns:
        Two (N,) float64 arrays; NaN where the label has no nerve. Invented length may exceed 100 %.
    """
    values = np.full((2, len(masks)), np.nan)
    for number, (found, true) in enumerate(zip(skeletons(masks), skeletons(labels), strict=True)):
        whole = path_length(true)
        if whole > 0:
            values[0, number] = 100 * path_length(found & ~near(true, tolerance)) / whole
            values[1, number] = 100 * path_length(true & ~near(found, tolerance)) / whole
    return values[0], values[1]


class Truth(MetricFamily):
    """Measures that need the truth of simulated data.

    Options: ``tolerance_px``, 3 by default.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"clean"})
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure(
            "psnr",
            "PSNR",
            "higher",
            unit="dB",
            decimals=2,
            description="Peak signal-to-noise ratio to the known clean image.",
            table="truth",
        ),
        Measure(
            "ssim",
            "SSIM",
            "higher",
            description="Structural similarity to the known clean image (Wang et al., 2004; Gaussian, sigma 1.5).",
            table="truth",
        ),
        Measure(
            "hallucinated",
            "Hallucinated",
            "lower",
            unit="%",
            decimals=2,
            description="Length of segmented centreline farther than 3 px from any true one, in % of the true length.",
            table="truth",
        ),
        Measure(
            "lost",
            "Lost",
            "lower",
            unit="%",
            decimals=2,
            description="Length of true centreline farther than 3 px from any segmented one, in % of the true length.",
            table="truth",
        ),
    )

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._tolerance = checked("truth", self.options, {"tolerance_px": TOLERANCE_PX})["tolerance_px"]

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images and their masks against the truth."""
        ratio = psnr(batch.image, batch.clean)
        identical = np.isinf(ratio)
        likeness = ssim(batch.image, batch.clean)
        too_small = f"the image is smaller than the window of {SSIM_REACH_PX} px"
        # An infinite value would swallow every mean it enters.
        scores = {
            "psnr": Scores(
                np.where(identical, np.nan, ratio),
                notes_where(identical, "identical to the clean image: PSNR is infinite"),
            ),
            "ssim": Scores(likeness, notes_where(np.isnan(likeness), too_small)),
        }
        return scores | self._nerves(batch)

    def _nerves(self, batch: ScoringBatch) -> dict[str, Scores]:
        names = ("hallucinated", "lost")
        for needed, reason in (("mask", "nothing was segmented from this image"), ("label", "there is no label")):
            if getattr(batch, needed) is None:
                count = len(batch.image)
                return {name: Scores(np.full(count, np.nan), (reason,) * count) for name in names}
        both = invented_and_lost(batch.mask, batch.label, self._tolerance)
        notes = notes_where(np.isnan(both[0]), "the label has no nerve")
        return {name: Scores(values, notes) for name, values in zip(names, both, strict=True)}
