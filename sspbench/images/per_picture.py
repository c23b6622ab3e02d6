"""What classical methods share: one picture at a time, its luminance, and the area in which it shows anything."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..errors import UserError
from .enhancement_rules import LUMA_WEIGHTS
from .field_of_view import find_field_of_view
from .pictures import to_uint8

# Least share of a Gaussian window that is divided by; windows around pixels inside the area have a quarter or more.
MIN_WEIGHT = 1e-6


def enhance_each(images: np.ndarray, enhance_one: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Apply a function to (N, C, H, W) float32 images one by one; return the same.

    ``enhance_one`` maps a picture (H, W, C) float32 to one of the same shape and any type, and must not modify its
    input.
    """
    enhanced = np.empty_like(images, dtype=np.float32)
    for image, result in zip(images, enhanced, strict=True):
        result[...] = np.moveaxis(enhance_one(np.ascontiguousarray(np.moveaxis(image, 0, 2))), 2, 0)
    return enhanced


def compute_luminance(picture: np.ndarray) -> np.ndarray:
    """Return the luminance (ITU-R BT.601) of a picture (H, W, C), C 1 or 3 with red first, as (H, W)."""
    if picture.shape[2] == 1:
        return picture[..., 0]
    luminance: np.ndarray = picture @ np.array(LUMA_WEIGHTS, picture.dtype)
    return luminance


def find_seen_area(picture: np.ndarray) -> np.ndarray:
    """Return where a picture (H, W, C) in [0, 1] shows anything, (H, W) bool.

    In colour that is the field of view; in grey, and where no part of the picture is bright, everything.
    """
    whole = np.ones(picture.shape[:2], bool)
    if picture.shape[2] == 1:
        return whole
    try:
        return find_field_of_view(to_uint8(picture)).mask
    except UserError:
        return whole


def blur_inside(values: np.ndarray, area: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Gaussian mean of what lies inside an area, (H, W) bool; what lies outside has no weight.

    Values are (H, W) or (H, W, C) float32, ``sigma`` is in pixels. Far outside the area the result has no meaning.
    """
    if area.all():
        return cv2.GaussianBlur(values, (0, 0), sigma).reshape(values.shape)
    weights = cv2.GaussianBlur(area.astype(np.float32), (0, 0), sigma)
    inside = area.reshape(area.shape + (1,) * (values.ndim - 2))
    sums = cv2.GaussianBlur(np.where(inside, values, np.float32(0)), (0, 0), sigma).reshape(values.shape)
    means: np.ndarray = sums / np.maximum(weights, np.float32(MIN_WEIGHT)).reshape(inside.shape)
    return means
