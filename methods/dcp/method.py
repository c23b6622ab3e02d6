"""Dark channel prior: estimate a veil from the darkest pixels nearby and remove it (He et al. 2011)."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import minimum_filter

from sspbench import Method, UserError, compute_luminance, enhance_each, find_seen_area

# Keeps the division by the air light finite on a black image.
MIN_AIR_LIGHT = 1e-6


class DarkChannelPrior(Method):
    """Remove the veil ``I = J t + A (1 - t)`` inside the field of view; constant images come back as they are."""

    def enhance(self, images: np.ndarray) -> np.ndarray:
        """Dehaze each of (N, C, H, W) float32 images in [0, 1] on its own."""
        return enhance_each(images, lambda picture: self._enhance_one(picture.astype(np.float64)))

    def _enhance_one(self, picture: np.ndarray) -> np.ndarray:
        if picture.min() == picture.max():
            return picture
        seen = find_seen_area(picture)
        inverted = self.params["inverted"]
        clear = self._dehaze(1.0 - picture if inverted else picture, seen)
        return np.where(seen[..., None], 1.0 - clear if inverted else clear, picture)

    def _dehaze(self, picture: np.ndarray, seen: np.ndarray) -> np.ndarray:
        p = self.params
        # the black border would be the darkest neighbour of all pixels near it
        framed = np.where(seen[..., None], picture, np.inf)
        window = (p["window"], p["window"], 1)
        dark = minimum_filter(framed, size=window, mode="nearest")
        light = estimate_air_light(picture, dark, seen, share=p["airlight_share"], skip=p["airlight_skip"])
        rough = 1.0 - (p["omega"] * dark / light).min(axis=2)
        transmission = guided_filter(
            compute_luminance(picture),
            np.where(seen, rough, 0.0),
            seen,
            side=p["filter_side"],
            eps=p["filter_eps"],
            border=p["filter_border"],
        )
        clear = (picture - light) / np.maximum(transmission, p["t0"])[..., None] + light
        return np.clip(clear, 0.0, 1.0)


def estimate_air_light(
    picture: np.ndarray, dark: np.ndarray, seen: np.ndarray, *, share: float, skip: int = 0
) -> np.ndarray:
    """Return the mean of the picture over the brightest dark-channel pixels: (C,), not below ``MIN_AIR_LIGHT``.

    Args:
        picture: (H, W, C) in [0, 1].
        dark: The least value nearby of each channel, (H, W, C); the dark channel is their minimum.
        seen: (H, W) bool: pixels that count.
        share: Share of these that are taken: ``max(floor(share * count), 1)``.
        skip: That many of the darkest among them are left out of the sum but still counted, an off-by-one of a
            much copied implementation.
    """
    colours, darkness = picture[seen], dark.min(axis=2)[seen]
    count = max(int(share * len(darkness)), 1)
    brightest = np.argsort(darkness, kind="stable")[-count:]
    light: np.ndarray = np.maximum(colours[brightest[skip:]].sum(axis=0) / count, MIN_AIR_LIGHT)
    return light


def guided_filter(
    guide: np.ndarray, values: np.ndarray, seen: np.ndarray, *, side: int, eps: float, border: str
) -> np.ndarray:
    """Smooth (H, W) ``values`` along the edges of ``guide``: a local linear model in boxes of ``side`` pixels.

    ``eps`` is a regulariser in squared units of the guide; for the rest see :func:`box_mean`.
    """

    def mean(array: np.ndarray) -> np.ndarray:
        return box_mean(array, seen, side, border)

    mean_guide, mean_values = mean(guide), mean(values)
    covariance = mean(guide * values) - mean_guide * mean_values
    variance = mean(guide * guide) - mean_guide**2
    slope = covariance / (variance + eps)
    offset = mean_values - slope * mean_guide
    return mean(slope) * guide + mean(offset)


def box_mean(array: np.ndarray, seen: np.ndarray, side: int, border: str) -> np.ndarray:
    """Mean over the pixels that count in a ``side`` x ``side`` box around each pixel of an (H, W) float64 array.

    An even side is centred half a pixel towards the end. ``seen``, (H, W) bool, are the pixels that count; the mean is
    0 where a box has none. At its border the image ends (``normalised``) or is mirrored (``reflect``, OpenCV's
    default).

    Raises:
        UserError: unknown border.
    """
    modes = {"normalised": cv2.BORDER_CONSTANT, "reflect": cv2.BORDER_DEFAULT}
    if border not in modes:
        hint = "write 'normalised' or 'reflect'"
        raise UserError(f"Unknown filter_border {border!r}", where="methods/dcp", hint=hint)
    total, count = (
        cv2.boxFilter(part, -1, (side, side), normalize=False, borderType=modes[border])
        for part in (np.where(seen, array, 0.0), seen.astype(np.float64))
    )
    return total / np.maximum(count, 1.0)
