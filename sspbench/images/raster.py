"""PNG, JPEG, BMP and GIF: by Pillow, and by imagecodecs where Pillow would cut 16 bits to 8."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from .decoded import (
    CUT,
    TOO_LARGE,
    ChannelLayout,
    DecodedImage,
    UnusableImageError,
    refuse_pages,
    refuse_size,
    white_of_bits,
)

# Channels by PNG's colour type.
PNG_LAYOUTS: dict[int, ChannelLayout] = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}

# PNG chunks that describe the old pixels; all others are metadata and are kept.
PNG_OWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"bKGD", b"hIST", b"sBIT", b"acTL", b"fcTL", b"fdAT"}

# Metadata of JPEG and BMP that Pillow can write again.
KEPT = ("exif", "icc_profile", "dpi", "comment")


def read_raster_size(path: Path) -> tuple[int, int]:
    """Return width and height that the header declares."""
    with _open(path) as image:
        return image.size


def decode_raster(path: Path, kind: str) -> DecodedImage:
    """Decode a PNG, JPEG, BMP or GIF file."""
    content = Path(path).read_bytes()
    with _open(io.BytesIO(content)) as image:
        refuse_pages(getattr(image, "n_frames", 1))  # of JPEG too: cameras write several as MPO
        if image.format not in (kind, "MPO"):
            raise ValueError(f"it begins as {kind} and goes on as {image.format}")
        refuse_size(*image.size)
        return _decode_png(content, image) if kind == "PNG" else _decode_other(image, kind)


def _open(source: Path | io.BytesIO) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes are checked here, and odd metadata must not fail the image
        try:
            return Image.open(source)
        except Image.DecompressionBombError as error:
            raise UnusableImageError(TOO_LARGE, why=str(error), hint=CUT) from error
        except UnidentifiedImageError as error:  # its own text names a buffer, not the file
            raise ValueError("it is damaged, or written in a rare way, e.g. JPEG with 12 or 16 bits") from error


def _decode_png(content: bytes, image: Image.Image) -> DecodedImage:
    bits, colour = content[24], content[25]
    layout = PNG_LAYOUTS[colour]
    chunks = list(iterate_png_chunks(content))
    pixels = _png_samples(content, image, bits, layout)
    white, source = _declared_white(chunks, pixels, bits, layout)
    palette, alpha = _palette(image)
    return DecodedImage(
        pixels,
        "PNG",
        layout,
        bits,
        orientation=_orientation(image),
        palette=palette,
        palette_alpha=alpha,
        colour_key=_colour_key(chunks, layout),
        white=white,
        white_source=source,
        metadata=[chunk for kind, chunk in chunks if kind not in PNG_OWN and _is_sound(kind, chunk)],
    )


def _png_samples(content: bytes, image: Image.Image, bits: int, layout: ChannelLayout) -> np.ndarray:
    if bits == 16 and layout != "L":
        import imagecodecs

        with _open(io.BytesIO(content)) as fresh:
            fresh.verify()  # checksums: the decoder below forgives wrong ones
        pixels = imagecodecs.png_decode(content)
        return np.ascontiguousarray(pixels[..., : len(layout)])
    image.load()
    if image.mode == "1":
        return np.asarray(image).astype(np.uint8)
    pixels = np.asarray(image)
    if layout == "L" and bits < 8:  # Pillow spreads fewer bits over 0..255
        return pixels // np.uint8(255 // white_of_bits(bits))
    return pixels


def _declared_white(
    chunks: list[tuple[bytes, bytes]], pixels: np.ndarray, bits: int, layout: ChannelLayout
) -> tuple[int | None, str]:
    """Return what PNG's sBIT says about white; the standard scales such samples to all bits; many files do not."""
    if bits < 8 and layout == "L":
        return white_of_bits(bits), f"{bits} bits per sample"
    chunk = next((chunk for kind, chunk in chunks if kind == b"sBIT"), None)
    if chunk is None or bits != 16:
        return None, ""
    significant = max(chunk[8:-4], default=0)
    if not 8 <= significant <= 16:
        return None, ""
    colours = pixels[..., : len(layout.rstrip("A"))] if pixels.ndim == 3 else pixels
    white = white_of_bits(significant)
    return (white if colours.max() <= white else white_of_bits(bits)), "sBIT"


def _palette(image: Image.Image) -> tuple[np.ndarray | None, np.ndarray | None]:
    if image.mode != "P":
        return None, None
    colours = np.zeros((256, 3), np.uint8)
    stored = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    colours[: len(stored)] = stored
    alpha = None
    if "transparency" in image.info:
        alpha = np.full(256, 255, np.uint8)
        given = image.info["transparency"]
        if isinstance(given, int):
            alpha[given] = 0
        else:
            alpha[: len(given)] = np.frombuffer(given, np.uint8)[:256]
    return colours, alpha


def _colour_key(chunks: list[tuple[bytes, bytes]], layout: ChannelLayout) -> tuple[int, ...] | None:
    chunk = next((chunk for kind, chunk in chunks if kind == b"tRNS"), None)
    if chunk is None or layout not in ("L", "RGB"):
        return None
    return struct.unpack(f">{len(layout)}H", chunk[8:-4])


def iterate_png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and bytes (length and checksum included) of each chunk."""
    place = 8
    while place + 12 <= len(content):
        end = place + 12 + struct.unpack_from(">I", content, place)[0]
        kind = content[place + 4 : place + 8]
        yield kind, content[place:end]
        if kind == b"IEND":
            return
        place = end


def _is_sound(kind: bytes, chunk: bytes) -> bool:
    """Return whether an optional chunk is undamaged: only such are written again."""
    is_optional = kind.isalpha() and kind[:1].islower()
    return is_optional and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _decode_other(image: Image.Image, kind: str) -> DecodedImage:
    orientation = _orientation(image)
    metadata: dict[str, Any] = {key: image.info[key] for key in KEPT if key in image.info}
    image.load()
    if image.mode == "1":
        return DecodedImage(
            np.asarray(image).astype(np.uint8),
            kind, "L", 1, orientation, white=1, white_source="1 bit per sample", metadata=metadata,
        )  # fmt: skip
    if image.mode == "P":
        palette, alpha = _palette(image)
        return DecodedImage(
            np.asarray(image), kind, "P", 8, orientation, palette=palette, palette_alpha=alpha, metadata=metadata
        )
    notes: tuple[str, ...] = ()
    if image.mode in ("CMYK", "YCbCr"):
        notes = (f"{image.mode} taken as RGB",)
        image = image.convert("RGB")
    if image.mode not in ("L", "RGB", "RGBA"):
        raise UnusableImageError(f"Pixels of the kind {image.mode} are not supported")
    layout: ChannelLayout = image.mode  # type: ignore[assignment]  # one of the three above
    is_lossy = kind == "JPEG"
    return DecodedImage(
        np.asarray(image), kind, layout, 8, orientation, notes=notes, is_lossy=is_lossy, metadata=metadata
    )


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged EXIF is not a reason to refuse the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
