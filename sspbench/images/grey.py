"""Grey images as 8-bit arrays: reads users' files, writes PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import UserError
from ..files import replace_atomically
from .decode import IMAGE_SUFFIXES, decode_image
from .decoded import DecodedImage, UnusableImageError
from .enhancement_rules import LUMA_WEIGHTS
from .pixels import get_upright_samples


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted by name; hidden ones, which some systems add, do not count."""
    return sorted(
        p
        for p in Path(folder).iterdir()
        if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".") and p.is_file()
    )


def read_pixels(path: Path) -> np.ndarray:
    """Read an image at its own depth, upright: (H, W) or (H, W, 3), uint8 or uint16, bright is high.

    Raises:
        UserError: the file is missing, truncated, not an image, of several pages or of unsupported pixels.
    """
    return get_usable_samples(decode_image(path), path)


def get_usable_samples(image: DecodedImage, path: Path) -> np.ndarray:
    """Return the samples as :func:`read_pixels` gives them of a decoded image.

    Raises:
        UserError: its pixels are negative, beyond 16 bit or no whole numbers.
    """
    try:
        return get_upright_samples(image)
    except UnusableImageError as error:
        raise UserError(error.what, where=str(path), why=error.why, hint=error.hint) from error


def to_grey8(pixels: np.ndarray, white: int = 65535) -> np.ndarray:
    """Bring (H, W[, 3]) uint8/uint16 pixels to (H, W) uint8: ITU-R 601 grey, rounded.

    Args:
        pixels: The pixels.
        white: The uint16 value that becomes 255; 4095 for 12-bit cameras. Brighter ones become 255 too.
    """
    values = pixels.astype(np.float64)
    if pixels.dtype == np.uint16:
        values = np.minimum(values / (white / 255.0), 255.0)
    if values.ndim == 3:
        same = (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
        values = values[..., 0] if same else values @ np.array(LUMA_WEIGHTS)
    return np.rint(values).astype(np.uint8)


def read_grey(path: Path, white: int = 65535) -> np.ndarray:
    """Read any supported image as (H, W) uint8 grey; see :func:`to_grey8`."""
    return to_grey8(read_pixels(path), white)


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


def write_grey(path: Path, pixels: np.ndarray) -> None:
    """Write (H, W) uint8 grey as PNG, atomically.

    Raises:
        ValueError: the array is not two-dimensional uint8.
    """
    if pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise ValueError(f"expected (H, W) uint8, got {pixels.shape} {pixels.dtype}")
    with replace_atomically(Path(path)) as temporary:
        Image.fromarray(pixels, mode=None).save(temporary, format="PNG", compress_level=4)


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Bring uint8 0..255 to float32 0..1."""
    return pixels.astype(np.float32) / np.float32(255)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Bring float 0..1 to uint8 0..255: clip, scale, round half to even."""
    return np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)
