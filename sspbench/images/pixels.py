"""From stored samples to pictures: upright, colours in place of palette indices, grey, 8 bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import UserError
from .decoded import MAX_VALUE, DecodedImage, UnusableImageError, white_of_bits
from .white_level import guess_white

# What makes an image upright, by EXIF's orientation.
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: np.swapaxes(pixels, 0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.swapaxes(np.rot90(pixels, 2), 0, 1),
    8: np.rot90,
}


def turn_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn (H, W[, C]) pixels as their orientation says."""
    return TURNS[orientation](pixels) if orientation in TURNS else pixels


def get_colour_samples(image: DecodedImage) -> np.ndarray:
    """Return the samples without alpha, palette indices replaced by colours: (H, W) or (H, W, 3), as stored."""
    if image.channels == "P":
        if image.palette is None:
            raise UnusableImageError("A palette picture has no palette")
        return image.palette[np.minimum(image.pixels, len(image.palette) - 1)]
    if image.channels in ("LA", "RGBA", "RGBX"):
        colours = image.pixels[..., :-1]
        return colours[..., 0] if colours.shape[2] == 1 else colours
    return image.pixels


def get_unsigned_samples(image: DecodedImage) -> np.ndarray:
    """Return the samples of :func:`get_colour_samples` as uint8 or uint16; fewer than 8 bits are spread over 0..255.

    Where the lowest value is white, values are inverted within the range of the file's own white, or of its type.

    Raises:
        UnusableImageError: values are negative, beyond 16 bit, or not whole numbers.
    """
    samples = get_colour_samples(image)
    if samples.dtype.kind == "f":
        span = f"{samples.dtype.name} values from {samples.min():g} to {samples.max():g}"
        why = f"{span}, and the file does not say which value is white"
        raise UnusableImageError("An image holds floating-point pixels", why=why)
    low, high = int(samples.min()), int(samples.max())
    if low < 0:
        why = f"from {low} to {high}: the file does not say which value is black"
        raise UnusableImageError("An image has negative values", why=why)
    if high > MAX_VALUE:
        why = f"its largest value is {high}"
        raise UnusableImageError("An image has values outside 0..65535", why=why, hint="save it as 8 or 16 bit")
    if samples.dtype == np.uint8 and image.channels != "P" and image.bits < 8:
        spread = samples * np.uint8(255 // white_of_bits(image.bits))
        return np.uint8(255) - spread if image.is_white_zero else spread
    if samples.dtype != np.uint8:
        samples = samples.astype(np.uint16)
    return _bright_is_high(samples, image) if image.is_white_zero else samples


def _bright_is_high(samples: np.ndarray, image: DecodedImage) -> np.ndarray:
    if image.white is not None:
        white = image.white
    elif samples.dtype == np.uint8:
        white = 255
    else:
        white = guess_white(int(samples.max()))
    return (white - samples.astype(np.int64)).clip(0).astype(samples.dtype)


def get_usable_samples(image: DecodedImage, path: Path) -> np.ndarray:
    """Return the samples of :func:`get_unsigned_samples`, upright: (H, W) or (H, W, 3), uint8 or uint16.

    Raises:
        UserError: its pixels are negative, beyond 16 bit or no whole numbers.
    """
    try:
        return turn_upright(get_unsigned_samples(image), image.orientation)
    except UnusableImageError as error:
        raise UserError(error.what, where=str(path), why=error.why, hint=error.hint) from error


def has_transparent_pixel(image: DecodedImage) -> bool:
    """Return whether a pixel of the picture is not opaque."""
    if image.channels in ("LA", "RGBA"):
        top = 1.0 if image.is_float else np.iinfo(image.pixels.dtype).max
        return bool((image.pixels[..., -1] < top).any())
    if image.palette_alpha is not None:
        return bool((image.palette_alpha[image.pixels] < 255).any())
    if image.colour_key is not None:
        return bool(find_key_pixels(image).any())
    return False


def find_key_pixels(image: DecodedImage) -> np.ndarray:
    """Return (H, W) bool: the pixels that have the transparent key colour."""
    planes = image.pixels if image.pixels.ndim == 3 else image.pixels[..., None]
    return (planes == np.array(image.colour_key)).all(axis=2)
