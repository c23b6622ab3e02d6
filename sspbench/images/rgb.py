"""Colour images as 8-bit arrays: reading files of any mode that means colour, writing PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import UserError
from ..files import replace_atomically
from .grey import read_pixels


def read_rgb(path: Path) -> np.ndarray:
    """Read an image as (H, W, 3) uint8 RGB, upright.

    Raises:
        UserError: the file cannot be read, is grey, or has 16 bits a channel.
    """
    pixels = read_pixels(path)
    if pixels.ndim != 3:
        raise UserError(
            "An image is grey, and this data set is in colour",
            where=str(path),
            hint="replace it by its colour version, or use a grey data set",
        )
    if pixels.dtype != np.uint8:
        raise UserError("A colour image has 16 bits a channel", where=str(path), hint="save it with 8 bits a channel")
    return pixels


def write_rgb(path: Path, pixels: np.ndarray) -> None:
    """Write (H, W, 3) uint8 RGB as PNG, atomically.

    Raises:
        ValueError: the array has another shape or type.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"expected (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}")
    with replace_atomically(Path(path)) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG", compress_level=4)
