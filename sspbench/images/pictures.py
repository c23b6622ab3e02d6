"""Prepared pictures in the mode of their data set: one reader, one writer, and the planes that methods get."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..contract import ColorMode
from .grey import read_grey, write_grey
from .pixels import MAX_VALUE
from .rgb import read_rgb, write_rgb


def read_picture(path: Path, color: ColorMode, white: int = MAX_VALUE) -> np.ndarray:
    """Read a picture as (H, W) uint8 of mode ``grey``, or (H, W, 3) uint8 of mode ``rgb``.

    Args:
        path: The file.
        color: The mode.
        white: The 16-bit value that becomes 255 of a grey picture.

    Raises:
        UserError: the file cannot be read, or is grey or deeper than 8 bit where colour is wanted.
    """
    return read_rgb(path) if color == "rgb" else read_grey(path, white)


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """Write (H, W) or (H, W, 3) uint8 as PNG of its mode, atomically."""
    if pixels.ndim == 3:
        write_rgb(path, pixels)
    else:
        write_grey(path, pixels)


def to_planes(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W) as (1, H, W) and (H, W, 3) as (3, H, W): a view."""
    return np.moveaxis(pixels, -1, 0) if pixels.ndim == 3 else pixels[None]


def from_planes(planes: np.ndarray) -> np.ndarray:
    """Return (1, H, W) as (H, W) and (3, H, W) as (H, W, 3), contiguous."""
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1)) if len(planes) > 1 else planes[0]
