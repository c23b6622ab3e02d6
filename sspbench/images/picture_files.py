"""Image files as users have them, and back: 8 or 16 bit, grey or colour, alpha, metadata, format."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from ..errors import Faults, UserError
from ..files import write_bytes
from .grey import make_white_high
from .inspection import MAX_PIXELS, add_size_fault

FORMAT_BY_SUFFIX = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".jpg": "JPEG", ".jpeg": "JPEG", ".bmp": "BMP"}
"""Format by file name ending; the result is written in the format of the source."""

IMAGE_READ_ERRORS = (OSError, SyntaxError, ValueError, struct.error, zlib.error, Image.DecompressionBombError)
"""What the decoders raise for damaged files."""

PNG_STRUCTURE_CHUNKS = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"bKGD",
    b"hIST",
    b"sBIT",
    b"acTL",
    b"fcTL",
    b"fdAT",
}
"""PNG chunks that describe the old pixels; all others are metadata and are kept."""

TIFF_TEXT_TAGS = {270: "description", 305: "software"}
TIFF_STRUCTURE_TAGS = {
    254,
    255,
    256,
    257,
    258,
    259,
    262,
    266,
    273,
    274,
    277,
    278,
    279,
    280,
    281,
    282,
    283,
    284,
    296,
    306,
    317,
    320,
}
TIFF_STRUCTURE_TAGS |= {322, 323, 324, 325, 330, 338, 339, 340, 341, 347, 512, 513, 514, 529, 530, 531, 532}
"""TIFF tags that describe the old pixels, or that the writer is told by name."""

JPEG_QUALITY = 95


@dataclass(frozen=True)
class ImageFile:
    """The content of an image file.

    Attributes:
        pixels: (H, W), or (H, W, C) with C = 2 (grey, alpha), 3 (RGB) or 4 (RGBA); uint8 or uint16.
        format: ``PNG``, ``TIFF``, ``JPEG`` or ``BMP``.
        metadata: What the writer of that format needs to keep the rest.
    """

    pixels: np.ndarray
    format: str
    metadata: Any


def read_image_file(path: Path) -> ImageFile:
    """Read an image file.

    Raises:
        UserError: it is damaged, too large, has several pages or an unsupported kind of pixels.
    """
    with Faults("An image cannot be used") as faults:
        add_size_fault(path, path, MAX_PIXELS, faults)
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            kind = image.format or ""
            if kind not in FORMAT_BY_SUFFIX.values():
                raise UserError(f"{kind} files are not supported", where=str(path), hint="save it as PNG or TIFF")
            pages = getattr(image, "n_frames", 1)
            if pages > 1:
                why = f"{pages} of them"
                raise UserError("The file holds several pages", where=str(path), why=why, hint="save them one by one")
            pixels = _read_16_bit_colour(content) if _is_16_bit_colour(content, image) else _read_pixels(image, path)
            return ImageFile(pixels, kind, _read_metadata(content, image))
    except IMAGE_READ_ERRORS as error:
        unknown = isinstance(error, UnidentifiedImageError)
        why = "its content is no image of a known kind" if unknown else str(error)
        hint = "replace the file by a readable PNG, TIFF, JPEG or BMP, or remove it"
        raise UserError("An image cannot be read", where=str(path), why=why, hint=hint) from error


def _is_16_bit_colour(content: bytes, image: Image.Image) -> bool:
    """Tell 16-bit colour, which Pillow would cut to 8 bit."""
    if image.format == "PNG":
        depth, colour = content[24], content[25]
        return depth == 16 and colour != 0
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = image.tag_v2.get(258, (8,))
        return max(bits) == 16 and len(bits) > 1
    return False


def _read_16_bit_colour(content: bytes) -> np.ndarray:
    import cv2

    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        raise ValueError("16-bit colour of an unusual kind")
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def _read_pixels(image: Image.Image, path: Path) -> np.ndarray:
    image.load()
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return np.asarray(image)
    values = np.asarray(image)
    if image.mode.startswith("I") and values.min() >= 0 and values.max() <= 65535:
        return make_white_high(values.astype(np.uint16), image)
    raise UserError(
        f"Pixels of the kind {image.mode} are not supported",
        where=str(path),
        hint="save it as 8- or 16-bit grey or RGB",
    )


def _read_metadata(content: bytes, image: Image.Image) -> Any:
    if image.format == "PNG":
        return [chunk for kind, chunk in _read_png_chunks(content) if kind not in PNG_STRUCTURE_CHUNKS]
    if image.format == "TIFF":
        return _read_tiff_tags(content)
    return {key: image.info[key] for key in ("exif", "icc_profile", "dpi", "comment") if key in image.info}


def _read_png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place + 12 <= len(content):
        end = place + 12 + struct.unpack_from(">I", content, place)[0]
        yield content[place + 4 : place + 8], content[place:end]
        place = end


def _read_tiff_tags(content: bytes) -> dict[str, Any]:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages.first
        tags = list(page.tags)
        found: dict[str, Any] = {
            TIFF_TEXT_TAGS[tag.code]: _text_as_bytes(tag.value) for tag in tags if tag.code in TIFF_TEXT_TAGS
        }
        if 306 in page.tags:
            found["datetime"] = str(page.tags[306].value)
        if 282 in page.tags and 283 in page.tags:
            found["resolution"] = tuple(page.tags[code].value for code in (282, 283))
            found["resolutionunit"] = int(page.tags[296].value) if 296 in page.tags else 2
        found["extratags"] = [
            (tag.code, tag.dtype, tag.count, _text_as_bytes(tag.value), True)
            for tag in tags
            if tag.code not in TIFF_STRUCTURE_TAGS
            and tag.code not in TIFF_TEXT_TAGS
            and not isinstance(tag.value, dict)
        ]
    return found


def _text_as_bytes(value: Any) -> Any:
    """Bring a text to bytes: the writer takes no text beyond ASCII, many files have it."""
    return value.encode() if isinstance(value, str) else value


def write_image_file(path: Path, like: ImageFile, pixels: np.ndarray) -> None:
    """Write ``pixels`` (shape and dtype of ``like.pixels``) in the format and with the metadata of ``like``."""
    encode = {"PNG": _encode_png, "TIFF": _encode_tiff}.get(like.format, _encode_plain)
    write_bytes(path, encode(np.ascontiguousarray(pixels), like))


def _encode_png(pixels: np.ndarray, like: ImageFile) -> bytes:
    import cv2

    if pixels.ndim == 3 and pixels.dtype == np.uint16:
        content = cv2.imencode(".png", pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])[1].tobytes()
    else:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format="PNG")
        content = stream.getvalue()
    after_head = 8 + 25
    return content[:after_head] + b"".join(like.metadata) + content[after_head:]


def _encode_tiff(pixels: np.ndarray, like: ImageFile) -> bytes:
    import tifffile

    stream = io.BytesIO()
    colour = pixels.ndim == 3 and pixels.shape[2] >= 3
    options: dict[str, Any] = {"photometric": "rgb" if colour else "minisblack", "metadata": None}
    if pixels.ndim == 3:
        options["planarconfig"] = "contig"
        if pixels.shape[2] in (2, 4):
            options["extrasamples"] = ["unassalpha"]
    tifffile.imwrite(stream, pixels, **options, **{"description": None, "software": False, **like.metadata})
    return stream.getvalue()


def _encode_plain(pixels: np.ndarray, like: ImageFile) -> bytes:
    stream = io.BytesIO()
    options = {"quality": JPEG_QUALITY, "subsampling": 0} if like.format == "JPEG" else {}
    Image.fromarray(pixels).save(stream, format=like.format, **options, **like.metadata)
    return stream.getvalue()
