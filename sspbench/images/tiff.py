"""TIFF by tifffile: any layout, compression and byte order, one page; what it says about white, scale and itself."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from .decoded import ChannelLayout, DecodedImage, UnusableImageError, refuse_pages, refuse_size, white_of_bits
from .tiff_tags import TiffTags, declared_white, pixel_size, stack_pages

# Values of TIFF's PhotometricInterpretation.
GREY_WHITE_ZERO, GREY, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6

# Compressions after which tifffile gives RGB for YCbCr.
JPEG_COMPRESSIONS = (6, 7)

ORIENTATION, ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA = 274, 1, 2

# TIFF's types whose values are bytes.
BYTES = (1, 7)

# Pages looked at; more are several in any case.
MAX_PAGES = 10_000

# More are a spectrum or damage.
MAX_SAMPLES_PER_PIXEL = 16

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is odd about a file is reported here, in words


def read_tiff_size(path: Path) -> tuple[int, int]:
    """Return width and height of the picture."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = _main_page(file)
        return int(page.imagewidth), int(page.imagelength)


def decode_tiff(path: Path) -> DecodedImage:
    """Decode a TIFF file of one page."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = _main_page(file)
        refuse_size(page.imagewidth, page.imagelength)
        refuse_pages(_page_count(file))
        _refuse_odd_layout(page)
        _refuse_missing_data(page, Path(path).stat().st_size)
        pixels = _samples(page)
        layout = _layout(page, pixels)
        white, white_source = declared_white(file, page, pixels)
        um_per_px, notes = pixel_size(file, page)
        return DecodedImage(
            pixels,
            "TIFF",
            layout,
            int(page.bitspersample),
            orientation=_orientation(page),
            is_white_zero=page.photometric == GREY_WHITE_ZERO,
            palette=_colours(page) if layout == "P" else None,
            white=white,
            white_source=white_source,
            um_per_px=um_per_px,
            notes=notes,
            is_lossy=page.compression in JPEG_COMPRESSIONS,
            metadata=TiffTags(file.byteorder, tuple(_tags(file, page))),
        )


def _tags(file: Any, page: Any) -> Iterator[tuple[int, int, int, Any]]:
    """Yield code, type, count and value of every tag; of what tifffile has interpreted, as ImageJ's, the bytes."""
    for tag in page.tags:
        value = tag.value
        if isinstance(value, dict) and int(tag.dtype) in BYTES:
            file.filehandle.seek(tag.valueoffset)
            value = file.filehandle.read(tag.count)
        yield tag.code, int(tag.dtype), tag.count, value


def _main_page(file: Any) -> Any:
    """Return the first page that is not a smaller copy of another, which some writers put first."""
    pages = islice(file.pages, MAX_PAGES)
    return next((page for page in pages if not page.is_reduced), file.pages.first)


def _page_count(file: Any) -> int:
    """Return how many pictures the file holds; smaller copies of one do not count."""
    pages = sum(not page.is_reduced for page in islice(file.pages, MAX_PAGES))
    return max(pages, stack_pages(file), 1)


def _refuse_odd_layout(page: Any) -> None:
    if page.imagedepth != 1:
        refuse_pages(int(page.imagedepth))
    if page.dtype is None:
        why = f"SampleFormat {page.sampleformat}, {page.bitspersample} bits"
        raise UnusableImageError("A TIFF file holds samples of an unknown kind", why=why)
    if not 1 <= page.samplesperpixel <= MAX_SAMPLES_PER_PIXEL:
        why = f"{page.samplesperpixel} samples per pixel"
        raise UnusableImageError("A TIFF file holds more channels than a picture has", why=why)
    if page.is_tiled:
        refuse_size(page.tilewidth, page.tilelength)
    if page.photometric == YCBCR and page.compression not in JPEG_COMPRESSIONS:
        raise UnusableImageError("TIFF pixels of the kind YCbCr are read only where JPEG compresses them")


def _refuse_missing_data(page: Any, file_bytes: int) -> None:
    """Raise where strips or tiles are missing or end behind the file: tifffile fills them with zeros."""
    expected = math.prod(page.chunked)
    places = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    if len(places) < expected:
        raise ValueError(f"{len(places)} of {expected} strips or tiles are there")
    for offset, count in places[:expected]:
        if offset <= 0 or count <= 0 or offset + count > file_bytes:
            raise ValueError("a strip or tile is missing, or the file is cut off")


def _samples(page: Any) -> np.ndarray:
    """Return (H, W) or (H, W, C)."""
    pixels: np.ndarray = page.asarray(squeeze=False, maxworkers=1)
    separate, _, height, width, contiguous = page.shaped
    pixels = pixels.reshape(separate, height, width, contiguous)
    pixels = np.moveaxis(pixels, 0, 2).reshape(height, width, separate * contiguous)
    if pixels.dtype.kind == "b":
        pixels = pixels.astype(np.uint8)
    if pixels.dtype.kind not in "uif":
        raise UnusableImageError("A TIFF file holds samples of an unknown kind", why=str(pixels.dtype))
    pixels = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("="))
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def _layout(page: Any, pixels: np.ndarray) -> ChannelLayout:
    count = 1 if pixels.ndim == 2 else pixels.shape[2]
    extra = tuple(int(one) for one in page.extrasamples)
    has_alpha = bool(extra) and extra[0] in (ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA)
    kind = int(page.photometric)
    if kind in (GREY, GREY_WHITE_ZERO):
        return _grey_layout(count, has_alpha)
    if kind == PALETTE and count == 1:
        return "P"
    if kind in (RGB, YCBCR) and count == 3:
        return "RGB"
    if kind == RGB and count == 4:
        return "RGBA" if has_alpha else "RGBX"
    name = getattr(page.photometric, "name", str(kind))
    why = f"PhotometricInterpretation {name}, {count} channels"
    raise UnusableImageError("TIFF pixels of this kind are not supported", why=why)


def _grey_layout(count: int, has_alpha: bool) -> ChannelLayout:
    if count == 1:
        return "L"
    if count == 2 and has_alpha:
        return "LA"
    raise UnusableImageError(
        "A grey TIFF file holds several channels",
        why=f"{count} channels, and the file does not say what the others are",
        hint="save the channel that you mean as a separate file, or colour as RGB",
    )


def _orientation(page: Any) -> int:
    tag = page.tags.get(ORIENTATION)
    value = int(tag.value) if tag is not None else 1
    return value if 1 <= value <= 8 else 1


def _colours(page: Any) -> np.ndarray:
    """Return the palette as (N, 3) uint8; TIFF stores 16 bits a colour."""
    table = np.asarray(page.colormap, np.uint16).reshape(3, -1).T
    return (table if table.max() <= white_of_bits(8) else table >> 8).astype(np.uint8)
