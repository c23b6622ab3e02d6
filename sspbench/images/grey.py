"""Grey images as 8-bit arrays: reading whatever users have, writing PNG."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from ..errors import UserError
from ..files import replace_atomically
from .enhancement_rules import LUMA_WEIGHTS

IMAGE_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp")
"""File name endings that count as images (case-insensitive)."""


PHOTOMETRIC_TAG = 262
"""TIFF's tag of what 0 means: white where it is 0, black where it is 1."""

UPRIGHT_ORIENTATION = 1
"""EXIF's orientation of an image that need not be turned."""

ORIENTATION_TURNS: dict[int | None, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: np.swapaxes(pixels, 0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.swapaxes(np.rot90(pixels, 2), 0, 1),
    8: np.rot90,
}
"""What makes an image upright, by EXIF's orientation."""


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted by name; hidden ones, which some systems add, do not count."""
    shown = (p for p in Path(folder).iterdir() if not p.name.startswith("."))
    return sorted(p for p in shown if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file())


def decode_image(path: Path) -> np.ndarray:
    """Read an image at its own depth, upright: (H, W) or (H, W, 3), uint8 or uint16.

    Raises:
        UserError: the file is missing, truncated, not an image, of several pages or of an unsupported mode.
    """
    return decode_and_report_turn(path)[0]


def decode_and_report_turn(path: Path) -> tuple[np.ndarray, bool]:
    """Read an image as :func:`decode_image` does; tell also whether its metadata (EXIF) said that it had to be turned."""
    try:
        with Image.open(path) as image:
            pages = getattr(image, "n_frames", 1)
            if pages > 1:
                raise UserError(
                    "An image file holds several pages",
                    where=str(path),
                    why=f"{pages} pages or frames, and nobody said which is meant",
                    hint="save the one that is meant as a file of its own",
                )
            turn = ORIENTATION_TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
            if turn is None:
                image.load()
                return _to_array(image, path), False
            with _without_turning(image, path) as stored:
                stored.load()
                return turn(_to_array(stored, path)), True
    except FileNotFoundError as error:
        hint = "put it back, or run the workflow again if it is one that a run made"
        raise UserError("An image file is missing", where=str(path), hint=hint) from error
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(
            "An image cannot be read",
            where=str(path),
            why=str(error),
            hint="replace the file by a readable PNG, TIFF, JPEG or BMP, or remove it",
        ) from error


def _without_turning(image: Image.Image, path: Path) -> Image.Image:
    """Return an image that will not be turned while it is read: Pillow turns TIFF, and mixes up those of raw bytes."""
    if image.format != "TIFF":
        return image
    import tifffile

    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        tag = file.pages.first.tags[int(ExifTags.Base.Orientation)]
        order: Literal["little", "big"] = "little" if file.byteorder == "<" else "big"
    content[tag.valueoffset : tag.valueoffset + 2] = UPRIGHT_ORIENTATION.to_bytes(2, order)
    return Image.open(io.BytesIO(content))


def _to_array(image: Image.Image, path: Path) -> np.ndarray:
    if image.mode in ("1", "P", "LA", "PA"):
        image = image.convert("RGB" if image.mode in ("P", "PA") else "L")
    if image.mode in ("RGBA", "RGBX", "CMYK", "YCbCr"):
        image = image.convert("RGB")
    if image.mode in ("L", "RGB"):
        return np.asarray(image)
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise UserError("An image has values outside 0..65535", where=str(path), hint="save it as 8 or 16 bit")
        return make_white_high(values.astype(np.uint16), image)
    raise UserError(
        f"An image has the unsupported mode {image.mode}",
        where=str(path),
        hint="save it as 8- or 16-bit grey or RGB",
    )


def make_white_high(values: np.ndarray, image: Image.Image) -> np.ndarray:
    """Return the uint16 values of an image so that white is high: in TIFF it may be 0, which Pillow minds in 8 bit."""
    white_is_zero = isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_TAG) == 0
    return 65535 - values if white_is_zero else values


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
    return to_grey8(decode_image(path), white)


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
