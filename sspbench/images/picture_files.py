"""Image files as users have them, and back: 8 or 16 bit, grey or colour, alpha, metadata, format."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import UserError
from ..files import write_bytes
from .decode import decode_image
from .decoded import DecodedImage, UnusableImageError
from .grey import get_usable_samples
from .inspection import measure_brightness
from .pixels import find_key_pixels, get_unsigned_samples
from .tiff_tags import collect_tiff_tags
from .white_level import Brightness

JPEG_QUALITY = 95


@dataclass(frozen=True)
class ImageFile:
    """The content of an image file.

    Attributes:
        pixels: (H, W), or (H, W, C) with C = 2 (grey, alpha), 3 (RGB) or 4 (RGBA); uint8 or uint16, as stored (not
            turned), bright is high.
        format: ``PNG``, ``TIFF``, ``JPEG``, ``BMP`` or ``DICOM``.
        metadata: What the writer of that format needs to keep the rest.
        brightness: What decides which value is white.
        notes: What of the file was ignored or will be dropped, in words.
        extra_channel: Whether the last of four channels is not alpha.
    """

    pixels: np.ndarray
    format: str
    metadata: Any
    brightness: Brightness
    notes: tuple[str, ...] = ()
    extra_channel: bool = False


def read_image_file(path: Path) -> ImageFile:
    """Read an image file.

    Raises:
        UserError: it is damaged, too large, has several pages or an unsupported kind of pixels.
    """
    image = decode_image(path)
    if image.format == "GIF":  # its 256 colours cannot hold an enhanced picture
        raise UserError("GIF files are not enhanced", where=str(path), hint="save it as PNG or TIFF")
    samples = get_usable_samples(image, path)
    try:
        pixels = _with_alpha(image, get_unsigned_samples(image))
    except UnusableImageError as error:
        raise UserError(error.what, where=str(path), why=error.why, hint=error.hint) from error
    notes = image.notes
    metadata = image.metadata
    if image.format == "TIFF":
        metadata, dropped = collect_tiff_tags(image.metadata)
        notes += dropped
    brightness = measure_brightness(image, samples, str(path))
    return ImageFile(pixels, image.format, metadata, brightness, notes, image.channels == "RGBX")


def _with_alpha(image: DecodedImage, colours: np.ndarray) -> np.ndarray:
    """Put back what :func:`get_unsigned_samples` leaves out: alpha, or a transparent colour as alpha."""
    alpha = None
    if image.channels in ("LA", "RGBA", "RGBX"):
        alpha = image.pixels[..., -1].astype(colours.dtype)
    elif image.palette_alpha is not None:
        alpha = image.palette_alpha[image.pixels]
    elif image.colour_key is not None:
        top = np.iinfo(colours.dtype).max
        alpha = np.where(find_key_pixels(image), 0, top).astype(colours.dtype)
    return colours if alpha is None else np.dstack([colours, alpha])


def write_image_file(path: Path, like: ImageFile, pixels: np.ndarray) -> None:
    """Write ``pixels`` (shape and dtype of ``like.pixels``) in the format and with the metadata of ``like``.

    Raises:
        UserError: the format cannot hold the metadata that were read, as those of damaged files.
    """
    encoders: dict[str, Callable[[np.ndarray, ImageFile], bytes]] = {
        "PNG": _encode_png,
        "TIFF": _encode_tiff,
        "DICOM": _encode_dicom,
    }
    encode = encoders.get(like.format, _encode_plain)
    try:
        content = encode(np.ascontiguousarray(pixels), like)
    except ImportError:
        raise
    except Exception as error:  # damaged metadata make encoders raise errors of many kinds
        why, hint = str(error) or type(error).__name__, "save the picture as a PNG or TIFF file without its metadata"
        raise UserError("An image cannot be written as it was read", where=str(path), why=why, hint=hint) from error
    write_bytes(path, content)


def _encode_png(pixels: np.ndarray, like: ImageFile) -> bytes:
    if pixels.ndim == 3 and pixels.dtype == np.uint16:
        import imagecodecs

        content = bytes(imagecodecs.png_encode(pixels))
    else:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format="PNG")
        content = stream.getvalue()
    after_head = 8 + 25
    return content[:after_head] + b"".join(like.metadata) + content[after_head:]


def _encode_tiff(pixels: np.ndarray, like: ImageFile) -> bytes:
    import tifffile

    stream = io.BytesIO()
    is_colour = pixels.ndim == 3 and pixels.shape[2] >= 3
    options: dict[str, Any] = {"photometric": "rgb" if is_colour else "minisblack", "metadata": None}
    if pixels.ndim == 3:
        options["planarconfig"] = "contig"
        if pixels.shape[2] in (2, 4):
            options["extrasamples"] = ["unspecified" if like.extra_channel else "unassalpha"]
    tifffile.imwrite(stream, pixels, **options, **{"description": None, "software": False, **like.metadata})
    return stream.getvalue()


def _encode_dicom(pixels: np.ndarray, like: ImageFile) -> bytes:
    """Write a DICOM file with a new identity: unrescaled, uncompressed, bright is high."""
    import copy

    from pydicom.uid import ExplicitVRLittleEndian

    data = copy.deepcopy(like.metadata)
    kind = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    bits = like.brightness.bits if pixels.max() < 1 << like.brightness.bits else pixels.dtype.itemsize * 8
    data.set_pixel_data(pixels, kind, bits, generate_instance_uid=True)
    for key in ("RescaleSlope", "RescaleIntercept"):
        if key in data:
            setattr(data, key, 1 if key == "RescaleSlope" else 0)
    stream = io.BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _encode_plain(pixels: np.ndarray, like: ImageFile) -> bytes:
    stream = io.BytesIO()
    options = {"quality": JPEG_QUALITY, "subsampling": 0} if like.format == "JPEG" else {}
    Image.fromarray(pixels).save(stream, format=like.format, **options, **like.metadata)
    return stream.getvalue()
