"""Hashes that identify a picture in any depth and format."""

from __future__ import annotations

import hashlib

import numpy as np

from .decoded import white_of_bits
from .pictures import to_grey8

DEPTHS = (8, 10, 12, 14, 15, 16)
"""Bits that the samples of a 16-bit file may have: those of cameras, of signed files, and all."""

MIN_BRIGHT_LEVEL = 32
"""A picture whose brightest 8-bit level is below is not compared at 8 bit: dark pictures look alike there."""


def digest_picture(pixels: np.ndarray) -> frozenset[str]:
    """Return the hashes of a picture; those of two pictures overlap if one is the other at another depth.

    A copy at 8 bit may have been scaled (value / white x 255) or shifted (value >> 4 for 12 bit), and of a dark picture
    it is not known how many bits the camera had, so a deep picture has a hash for each way.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16.
    """
    if pixels.dtype == np.uint8:
        return frozenset([_digest(to_grey8(pixels))])
    found = {_digest(pixels)}
    top = int(pixels.max())
    for bits in DEPTHS:
        white = white_of_bits(bits)
        if top > white:
            continue
        shifted = (pixels >> (bits - 8)).astype(np.uint8)
        copies = (to_grey8(pixels, white), to_grey8(shifted))
        found |= {_digest(copy) for copy in copies if copy.max() >= MIN_BRIGHT_LEVEL}
    return frozenset(found)


def _digest(pixels: np.ndarray) -> str:
    height, width = pixels.shape[:2]
    return hashlib.sha256(f"{width}x{height}:".encode() + pixels.tobytes()).hexdigest()
