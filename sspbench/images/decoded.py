"""What a picture file holds: the samples as they are stored, and everything the file says about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

# Grey, grey and alpha, colour, colour and alpha, colour and a channel of unknown meaning, palette index.
ChannelLayout = Literal["L", "LA", "RGB", "RGBA", "RGBX", "P"]

# Pixels of one image; a few kilobytes of PNG can unpack to gigabytes.
MAX_PIXELS = 64_000_000

# The largest sample that is taken: 16 bit.
MAX_VALUE = 65535

# Relative difference of width and height up to which pixels count as square.
ANISOTROPY = 0.01

TOO_LARGE = "An image is too large"
CUT = "cut it into parts, or scale it down"


@dataclass(frozen=True)
class DecodedImage:
    """The content of a picture file.

    Attributes:
        pixels: The samples as stored: (H, W), or (H, W, C) with C = 2, 3 or 4; any integer or float type.
        format: ``PNG``, ``TIFF``, ``JPEG``, ``BMP``, ``GIF`` or ``DICOM``.
        channels: What the channels mean; see :data:`ChannelLayout`.
        bits: Bits of one sample in the file, e.g. 12 where 12-bit samples are packed.
        orientation: EXIF's orientation, 1 (upright) to 8.
        is_white_zero: Whether the lowest value is white (TIFF WhiteIsZero, DICOM MONOCHROME1).
        palette: (N, 3) uint8 colours of a palette picture, else None.
        palette_alpha: (N,) uint8 alpha of the palette's entries, else None.
        colour_key: The sample values of the transparent colour, else None.
        white: The value that the file itself declares to be white, else None.
        white_source: Where the file declares it, e.g. ``sBIT``; empty where it does not.
        um_per_px: Micrometres per pixel that the file declares, else None.
        notes: What was ignored or dropped while reading, in words.
        is_lossy: Whether its compression changed the samples (JPEG).
        metadata: What is needed to write a file of the same kind; its form depends on ``format``.
    """

    pixels: np.ndarray
    format: str
    channels: ChannelLayout
    bits: int
    orientation: int = 1
    is_white_zero: bool = False
    palette: np.ndarray | None = None
    palette_alpha: np.ndarray | None = None
    colour_key: tuple[int, ...] | None = None
    white: int | None = None
    white_source: str = ""
    um_per_px: float | None = None
    notes: tuple[str, ...] = ()
    is_lossy: bool = False
    metadata: Any = field(default=None, repr=False, compare=False)

    @property
    def is_float(self) -> bool:
        """Whether the samples are floating-point numbers."""
        return self.pixels.dtype.kind == "f"


class UnusableImageError(Exception):
    """A file that is readable but not usable; becomes a ``UserError`` that names the file."""

    def __init__(self, what: str, *, why: str = "", hint: str = "save it as 8- or 16-bit grey or RGB PNG") -> None:
        super().__init__(what)
        self.what, self.why, self.hint = what, why, hint


def refuse_pages(pages: int) -> None:
    """Raise unless a file holds one picture."""
    if pages != 1:
        raise UnusableImageError(
            "An image file holds several pages",
            why=f"{pages} pages or frames, and the suite cannot choose one",
            hint="save the page that you mean as a separate file",
        )


def refuse_size(width: int, height: int) -> None:
    """Raise where a picture has too many pixels to be decoded, or none."""
    if width < 1 or height < 1:
        raise ValueError(f"its header declares {width}x{height} pixels")
    if width * height > MAX_PIXELS:
        why = f"{width}x{height} pixels, at most {MAX_PIXELS}"
        raise UnusableImageError(TOO_LARGE, why=why, hint=CUT)


def white_of_bits(bits: int) -> int:
    """Return the largest value of so many bits.

    >>> white_of_bits(12)
    4095
    """
    return (1 << bits) - 1
