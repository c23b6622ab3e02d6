"""Labels: masks of nerves as black and white pictures of any depth, or maps of classes of which some are nerve."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .grey import decode_image, to_grey8

MAX_CLASSES = 16
"""Distinct values up to which a label may be a map of classes; more are smoothed edges or a photograph."""

MIN_BRIGHTNESS_VALUE = 32
"""A label whose brightest value is below holds numbers of classes, not brightness."""

MAX_NOISE_SHARE = 0.0005
"""Share of the pixels below which a third value is noise."""

MIN_BLACK_WHITE_SHARE = 0.9
"""Share of a label's pixels that must be near black or white; the rest are smoothed edges of resized labels."""


@dataclass(frozen=True)
class LabelFacts:
    """What a label looks like.

    Attributes:
        two_valued: Whether nearly all pixels are near its darkest or brightest value.
        values: Its distinct values, if they are few.
        classes: Whether these are more than two classes.
        nerve: Share of the pixels that count as nerve, the brighter half being nerve.
    """

    is_two_valued: bool
    values: tuple[int, ...]
    has_classes: bool
    nerve_share: float


def label_values(pixels: np.ndarray) -> np.ndarray:
    """Return the values of a decoded label, (H, W) uint8 or uint16: grey as it is, colour as its grey."""
    return pixels if pixels.dtype == np.uint16 and pixels.ndim == 2 else to_grey8(pixels)


def binarise_label(values: np.ndarray) -> np.ndarray:
    """Bring a label (H, W) with any white (1, 128, 255, 4095) to 0 and 255, uint8."""
    return np.where(values > values.max() / 2, np.uint8(255), np.uint8(0))


def read_label(path: Path, nerve_classes: Collection[int] | None = None) -> np.ndarray:
    """Read a label as (H, W) uint8: 255 nerve, 0 background.

    Args:
        path: The file.
        nerve_classes: The values that are nerve; None: the brighter of black and white.
    """
    values = label_values(decode_image(path))
    if nerve_classes is None:
        return binarise_label(values)
    return np.where(np.isin(values, list(nerve_classes)), np.uint8(255), np.uint8(0))


def describe_label(values: np.ndarray) -> LabelFacts:
    """Look at a label, (H, W) uint8 or uint16."""
    top = int(values.max())
    extreme = (values <= top * 0.1) | (values >= top * 0.9)
    found, counts = np.unique(values, return_counts=True)
    few = tuple(found.tolist()) if len(found) <= MAX_CLASSES else ()
    return LabelFacts(
        is_two_valued=bool(extreme.mean() >= MIN_BLACK_WHITE_SHARE),
        values=few,
        has_classes=len(few) > 2 and _is_class_map(values, found, counts),
        nerve_share=float((values > top / 2).mean()),
    )


def _is_class_map(values: np.ndarray, found: np.ndarray, counts: np.ndarray) -> bool:
    """Tell classes from the grey edges of a resized mask, which are many or nowhere flat."""
    if found[-1] < MIN_BRIGHTNESS_VALUE:
        return True
    between = found[1:-1][counts[1:-1] >= MAX_NOISE_SHARE * values.size]
    return len(between) > 0 and (len(found) == 3 or any(_has_flat_block(values == value) for value in between))


def _has_flat_block(mask: np.ndarray) -> bool:
    """Tell whether a 3 x 3 block of a (H, W) mask is all true."""
    blocks = np.lib.stride_tricks.sliding_window_view(mask, (3, 3))
    return bool(blocks.all(axis=(-1, -2)).any())
