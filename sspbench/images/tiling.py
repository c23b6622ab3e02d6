"""Large images in overlapping tiles, blended so that no seam shows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .enhancement_rules import ENHANCEMENT_RULES

# (H, W) or (C, H, W) float32 to the same.
EnhanceFunction = Callable[[np.ndarray], np.ndarray]


def apply_in_tiles(function: EnhanceFunction, image: np.ndarray, tile: int) -> np.ndarray:
    """Apply ``function`` to an image, whole if both sides are at most ``tile`` pixels or it is 0, else tile by tile.

    Tiles overlap by at least a quarter; each fades in and out linearly over its overlap, and the weights sum to one.
    """
    if tile == 0 or max(image.shape[-2:]) <= tile:
        return function(image)
    rows, columns = (tile_starts(length, tile) for length in image.shape[-2:])
    total = np.zeros(image.shape)
    weight = np.zeros(image.shape[-2:])
    for top in rows:
        for left in columns:
            part = image[..., top : top + tile, left : left + tile]
            fade = np.outer(*(_fade_weights(length, tile) for length in part.shape[-2:]))
            total[..., top : top + tile, left : left + tile] += fade * function(part)
            weight[top : top + tile, left : left + tile] += fade
    return (total / weight).astype(np.float32)


def tile_starts(length: int, tile: int) -> list[int]:
    """Return where tiles begin along a side: evenly spread, the last ends with the image.

    >>> tile_starts(1000, 512)
    [0, 244, 488]
    """
    if length <= tile:
        return [0]
    count = math.ceil((length - tile) / (tile - tile // ENHANCEMENT_RULES.overlap_parts)) + 1
    return [round(index * (length - tile) / (count - 1)) for index in range(count)]


def _fade_weights(length: int, tile: int) -> np.ndarray:
    """Return weights along one side: rising over a quarter of the tile, falling over the last."""
    ramp = max(1, tile // ENHANCEMENT_RULES.overlap_parts)
    place = np.arange(length)
    return np.minimum(1.0, (np.minimum(place, length - 1 - place) + 1) / (ramp + 1))
