"""Closeness to the known clean image of simulated data."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import make_notes_where, replace_infinite
from .iqa.colour_difference import SSIM_WINDOW_PX, psnr_inside, ssim_inside


def psnr(images: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Compute the peak signal-to-noise ratio, ``10 log10(255^2 / MSE)``, in dB.

    Args:
        images: (N, H, W) uint8.
        clean: (N, H, W) uint8.

    Returns:
        (N,) float64; infinite where both are identical.
    """
    error = np.square(images.astype(np.float64) - clean).mean(axis=(1, 2))
    return _psnr_from_error(error)


def psnr_affine(images: Collection[np.ndarray], clean: Collection[np.ndarray]) -> np.ndarray:
    """Compute the PSNR that is left after the best affine map of grey values: brightness and contrast count no more.

    The map ``a image + b`` is the exact least-squares fit to the clean image, not clipped and not rounded, with a of
    either sign; what it cannot explain is ``var(clean) - cov(image, clean)^2 / var(image)``.

    Args:
        images: N images, uint8.
        clean: N clean ones of their shape, uint8.

    Returns:
        (N,) float64; infinite where an affine map makes both identical. Never below :func:`psnr`.
    """
    return _psnr_from_error(np.array([_unexplained_error(one, two) for one, two in zip(images, clean, strict=True)]))


def _unexplained_error(image: np.ndarray, clean: np.ndarray) -> float:
    """Return the mean squared error of the best affine map, from exact whole-number moments."""
    x, y = image.astype(np.int64).ravel(), clean.astype(np.int64).ravel()
    n = x.size
    # n^2 times the (co)variances, as Python's integers: no sum overflows, and no difference loses a digit.
    xx, yy, xy = (n * int(a @ b) - int(a.sum()) * int(b.sum()) for a, b in ((x, x), (y, y), (x, y)))
    return (yy * xx - xy * xy) / (xx * n * n) if xx else yy / (n * n)


def _psnr_from_error(error: np.ndarray) -> np.ndarray:
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

    if min(images.shape[1:]) < SSIM_WINDOW_PX:
        return np.full(len(images), np.nan)
    settings = {"data_range": 255, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return np.array([structural_similarity(one, two, **settings) for one, two in zip(images, clean, strict=True)])


class FullReference(MetricFamily):
    """Measures that need the clean image of simulated data."""

    needs: ClassVar[frozenset[str]] = frozenset({"clean"})
    measures: tuple[Measure, ...] = (
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
            "psnr_affine",
            "PSNR, affine",
            "higher",
            unit="dB",
            decimals=2,
            description="PSNR to the known clean image after the best affine map of grey values (least squares).",
            table="truth",
        ),
        Measure(
            "ssim",
            "SSIM",
            "higher",
            description="Structural similarity to the known clean image (Wang et al., 2004; Gaussian, sigma 1.5).",
            table="truth",
        ),
    )

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images against the clean ones."""
        clean = batch.require("clean")
        if batch.fov is not None or batch.image_rgb is not None:
            return _score_inside(batch, clean)
        likeness = ssim(batch.image, clean)
        too_small = f"the image is smaller than the window of {SSIM_WINDOW_PX} px"
        return {
            "psnr": replace_infinite(psnr(batch.image, clean), "identical to the clean image: PSNR is infinite"),
            "psnr_affine": replace_infinite(
                psnr_affine(batch.image, clean), "an affine map of the clean image: PSNR is infinite"
            ),
            "ssim": Scores(likeness, make_notes_where(np.isnan(likeness), too_small)),
        }


def _score_inside(batch: ScoringBatch, clean: np.ndarray) -> dict[str, Scores]:
    """Score inside the field of view, all channels; the affine map is one of luminance."""
    images = batch.image[..., None] if batch.image_rgb is None else batch.image_rgb
    truth = clean[..., None] if batch.clean_rgb is None else batch.clean_rgb
    inside = np.ones(batch.image.shape, bool) if batch.fov is None else batch.fov
    likeness = ssim_inside(images, truth, inside)
    fits = psnr_affine(batch.inside(batch.image), batch.inside(clean))
    too_small = f"no window of {SSIM_WINDOW_PX} px lies inside the field of view"
    identical = "identical to the clean image inside the field of view: PSNR is infinite"
    return {
        "psnr": replace_infinite(psnr_inside(images, truth, inside), identical),
        "psnr_affine": replace_infinite(fits, "an affine map of the clean image: PSNR is infinite"),
        "ssim": Scores(likeness, make_notes_where(np.isnan(likeness), too_small)),
    }
