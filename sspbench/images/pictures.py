"""Pictures as 8-bit arrays, grey or RGB: reads users' files, writes PNG, and gives the planes that methods get."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..contract import ColorMode
from ..errors import UserError
from ..files import replace_atomically
from .decode import IMAGE_SUFFIXES, decode_image
from .decoded import MAX_VALUE
from .enhancement_rules import LUMA_WEIGHTS
from .pixels import get_usable_samples


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted by name; empty without such a folder.

    Hidden files, which some systems add, do not count.
    """
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def read_pixels(path: Path) -> np.ndarray:
    """Read an image at its own depth, upright: (H, W) or (H, W, 3), uint8 or uint16, bright is high.

    Raises:
        UserError: the file is missing, truncated, not an image, of several pages or of unsupported pixels.
    """
    return get_usable_samples(decode_image(path), path)


def to_grey8(pixels: np.ndarray, white: int = MAX_VALUE) -> np.ndarray:
    """Bring (H, W[, 3]) uint8/uint16 pixels to (H, W) uint8: ITU-R 601 grey, rounded.

    The uint16 value ``white`` (4095 for 12-bit cameras) becomes 255, and so do brighter ones.
    """
    values = pixels.astype(np.float64)
    if pixels.dtype == np.uint16:
        values = np.minimum(values / (white / 255.0), 255.0)
    if values.ndim == 3:
        same = (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
        values = values[..., 0] if same else values @ np.array(LUMA_WEIGHTS)
    return np.rint(values).astype(np.uint8)


def read_grey(path: Path, white: int = MAX_VALUE) -> np.ndarray:
    """Read any supported image as (H, W) uint8 grey; see :func:`to_grey8`."""
    return to_grey8(read_pixels(path), white)


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


def read_picture(path: Path, color: ColorMode, white: int = MAX_VALUE) -> np.ndarray:
    """Read a picture by :func:`read_grey` or :func:`read_rgb`, as its data set is; ``white`` counts for grey ones."""
    return read_rgb(path) if color == "rgb" else read_grey(path, white)


def read_stack(paths: Sequence[Path]) -> np.ndarray:
    """Read images of one size as (N, H, W) uint8.

    Raises:
        UserError: the images differ in size.
    """
    images = [read_grey(path) for path in paths]
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        why, hint = str(sorted(shapes)), "bring them to one size"
        raise UserError("Images of different sizes cannot be stacked", where=str(paths[0].parent), why=why, hint=hint)
    return np.stack(images)


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """Write (H, W) or (H, W, 3) uint8 as PNG of its mode, atomically.

    Raises:
        ValueError: the array has another shape or type.
    """
    if pixels.dtype != np.uint8 or pixels.ndim < 2 or pixels.shape[2:] not in ((), (3,)):
        raise ValueError(f"expected (H, W) or (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}")
    with replace_atomically(Path(path)) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG", compress_level=4)


def write_grey(path: Path, pixels: np.ndarray) -> None:
    """Write (H, W) uint8 grey as PNG, atomically; raise ``ValueError`` for another array."""
    if pixels.ndim != 2:
        raise ValueError(f"expected (H, W) uint8, got {pixels.shape} {pixels.dtype}")
    write_picture(path, pixels)


def write_rgb(path: Path, pixels: np.ndarray) -> None:
    """Write (H, W, 3) uint8 RGB as PNG, atomically; raise ``ValueError`` for another array."""
    if pixels.ndim != 3:
        raise ValueError(f"expected (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}")
    write_picture(path, pixels)


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Bring uint8 0..255 to float32 0..1."""
    return pixels.astype(np.float32) / np.float32(255)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Bring float 0..1 to uint8 0..255: clip, scale, round half to even."""
    return np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)


def to_planes(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W) as (1, H, W) and (H, W, 3) as (3, H, W): a view."""
    return np.moveaxis(pixels, -1, 0) if pixels.ndim == 3 else pixels[None]


def from_planes(planes: np.ndarray) -> np.ndarray:
    """Return (1, H, W) as (H, W) and (3, H, W) as (H, W, 3), contiguous."""
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1)) if len(planes) > 1 else planes[0]
