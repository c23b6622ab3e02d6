"""Closeness of colour photographs to the known clean ones, inside the field of view."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy.ndimage import minimum_filter

from sspbench import LUMA_WEIGHTS

_Compare = Callable[[np.ndarray, np.ndarray, np.ndarray], float]

# Side of SSIM's Gaussian window (sigma 1.5, cut off at 3.5 sd), pixels.
SSIM_WINDOW_PX = 11


def convert_to_luminance(images: np.ndarray) -> np.ndarray:
    """Convert RGB to luminance (ITU-R BT.601), rounded.

    Args:
        images: (..., 3) uint8.

    Returns:
        (...) uint8.
    """
    return np.rint(images.astype(np.float64) @ np.array(LUMA_WEIGHTS)).astype(np.uint8)


def ciede2000(images: np.ndarray, clean: np.ndarray, field_of_view: np.ndarray) -> np.ndarray:
    """Compute the mean colour difference CIEDE2000 (Sharma et al., 2005; sRGB, D65) inside the field of view.

    Args:
        images: (N, H, W, 3) uint8.
        clean: (N, H, W, 3) uint8.
        field_of_view: (N, H, W) bool.

    Returns:
        (N,) float64: 0 for equal colours, about 1 where the eye just sees a difference; NaN for an empty field of view.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    def difference(image: np.ndarray, truth: np.ndarray, inside: np.ndarray) -> float:
        # Colours as a column: only the pixels inside are converted.
        return float(deltaE_ciede2000(rgb2lab(truth[inside]), rgb2lab(image[inside])).mean())

    return _each(difference, images, clean, field_of_view)


def psnr_inside(images: np.ndarray, clean: np.ndarray, field_of_view: np.ndarray) -> np.ndarray:
    """Compute the PSNR over all channels inside the field of view, in dB.

    Args:
        images: (N, H, W, 3) uint8.
        clean: (N, H, W, 3) uint8.
        field_of_view: (N, H, W) bool.

    Returns:
        (N,) float64; infinite where both are identical, NaN for an empty field of view.
    """
    return _each(lambda image, truth, inside: _psnr(image[inside], truth[inside]), images, clean, field_of_view)


def psnr_whole_frame(images: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Compute the PSNR over the whole frame, as papers print it, in dB.

    A frame that is black outside its field of view gains ``10 log10(1 / share)`` dB over :func:`psnr_inside`, so the
    two cannot be compared.

    Args:
        images: (N, H, W, 3) uint8.
        clean: (N, H, W, 3) uint8.

    Returns:
        (N,) float64; infinite where both are identical.
    """
    return np.array([_psnr(image, truth) for image, truth in zip(images, clean, strict=True)])


def ssim_inside(images: np.ndarray, clean: np.ndarray, field_of_view: np.ndarray) -> np.ndarray:
    """Compute SSIM (Wang et al., 2004; Gaussian window of sigma 1.5), averaged over channels and pixels.

    Only pixels whose whole window lies inside the field of view count: the edge to the black outside would agree by
    itself.

    Args:
        images: (N, H, W, 3) uint8.
        clean: (N, H, W, 3) uint8.
        field_of_view: (N, H, W) bool.

    Returns:
        (N,) float64; NaN where no window lies inside.
    """
    from skimage.metrics import structural_similarity

    def likeness(image: np.ndarray, truth: np.ndarray, inside: np.ndarray) -> float:
        _, values = structural_similarity(
            image,
            truth,
            data_range=255,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        return float(values[inside].mean())

    if min(images.shape[1:3]) < SSIM_WINDOW_PX:
        return np.full(len(images), np.nan)
    whole_window = [minimum_filter(inside, SSIM_WINDOW_PX, mode="constant", cval=0) for inside in field_of_view]
    return _each(likeness, images, clean, whole_window)


def _each(
    function: _Compare, images: Iterable[np.ndarray], clean: Iterable[np.ndarray], masks: Iterable[np.ndarray]
) -> np.ndarray:
    """Apply a function to each image; NaN where its mask is empty."""
    rows = zip(images, clean, masks, strict=True)
    return np.array([function(image, truth, mask) if mask.any() else np.nan for image, truth, mask in rows])


def _psnr(values: np.ndarray, truth: np.ndarray) -> float:
    error = np.square(values.astype(np.float64) - truth).mean()
    return float(10 * np.log10(255.0**2 / error)) if error > 0 else float("inf")
