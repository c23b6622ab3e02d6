"""Image files as users have them, and back: 8 or 16 bit, grey or colour, alpha, metadata, format."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import Faults, UserError
from ..files import write_bytes
from .decode import decode_image
from .decoded import MAX_VALUE, DecodedImage, white_of_bits
from .dicom import rescale_of
from .inspection import measure_brightness
from .pixels import find_key_pixels, get_unsigned_samples, get_usable_samples
from .tiff_tags import MAX_SAMPLE, collect_tiff_tags
from .white_level import Brightness, decide_whites, tabulate_whites

JPEG_QUALITY = 95

# Signed samples that are written as such again: their white is not that of unsigned ones.
SIGNED_TYPES = ("int8", "int16")


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
        sample_type: The type of the samples as stored, e.g. ``int16``.
    """

    pixels: np.ndarray
    format: str
    metadata: Any
    brightness: Brightness
    notes: tuple[str, ...] = ()
    extra_channel: bool = False
    sample_type: str = ""

    @property
    def declared_white(self) -> int | None:
        """The white that a 16-bit file declares, where it is not the largest value; else None."""
        white = self.brightness.white
        return white if self.pixels.dtype == np.uint16 and white is not None and white < MAX_VALUE else None


def read_image_file(path: Path) -> ImageFile:
    """Read an image file.

    Raises:
        UserError: it is damaged, too large, has several pages or an unsupported kind of pixels.
    """
    image = decode_image(path)
    if image.format == "GIF":  # its 256 colours cannot hold an enhanced picture
        raise UserError("GIF files are not enhanced", where=str(path), hint="save it as PNG or TIFF")
    samples = get_usable_samples(image, path)
    pixels = _with_alpha(image, get_unsigned_samples(image))
    notes = image.notes
    metadata = image.metadata
    if image.format == "TIFF":
        metadata, dropped = collect_tiff_tags(image.metadata)
        notes += dropped
    brightness = measure_brightness(image, samples, str(path))
    is_extra = image.channels == "RGBX"
    return ImageFile(pixels, image.format, metadata, brightness, notes, is_extra, image.pixels.dtype.name)


def decide_folder_whites(files: list[tuple[Path, Path]], given: int | None) -> dict[Path, int]:
    """Return the white of each folder's images, decided for all of them together; show it where any is deep.

    ``files`` holds each file and its place in the output; a white that is ``given`` counts.

    Raises:
        UserError: the files of a folder disagree, or the given white is not a value of 16 bit.
    """
    if given is not None and not 1 <= given <= MAX_VALUE:
        raise UserError(f"--white {given} is not a 16-bit value", hint=f"give 1 to {MAX_VALUE}")
    seen: dict[str, list[Brightness]] = {}
    folders = {}
    for path, inside in files:
        folder = str(inside.parent)
        folders[path.parent] = folder
        try:
            seen.setdefault(folder, []).append(replace(read_image_file(path).brightness, name=str(inside)))
        except UserError:
            continue  # reported when it is its turn to be enhanced
    with Faults("The images cannot be enhanced together") as faults:
        levels = {}
        for folder, found in seen.items():  # one by one: folders of an input need not agree
            levels.update(decide_whites({folder: found}, {folder: given}, "--white N", faults))
    deep = [level for level in levels.values() if any(one.is_deep for one in seen[level.folder])]
    if deep:
        print("\n".join(tabulate_whites(deep)), file=sys.stderr)
    return {path: levels[folder].white for path, folder in folders.items() if folder in levels}


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
    own = [] if like.declared_white is None else [_significant_bits(pixels, like.declared_white)]
    return content[:after_head] + b"".join([*own, *like.metadata]) + content[after_head:]


def _significant_bits(pixels: np.ndarray, white: int) -> bytes:
    """Return PNG's chunk sBIT: so many bits of each channel are used."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    body = b"sBIT" + bytes([white.bit_length()] * channels)
    return struct.pack(">I", channels) + body + struct.pack(">I", zlib.crc32(body))


def _encode_tiff(pixels: np.ndarray, like: ImageFile) -> bytes:
    import tifffile

    stream = io.BytesIO()
    is_colour = pixels.ndim == 3 and pixels.shape[2] >= 3
    options: dict[str, Any] = {"photometric": "rgb" if is_colour else "minisblack", "metadata": None}
    if pixels.ndim == 3:
        options["planarconfig"] = "contig"
        if pixels.shape[2] in (2, 4):
            options["extrasamples"] = ["unspecified" if like.extra_channel else "unassalpha"]
    given = {"description": None, "software": False, **like.metadata}
    if like.sample_type in SIGNED_TYPES and pixels.max() <= np.iinfo(like.sample_type).max:
        pixels = pixels.astype(like.sample_type)
    elif like.declared_white is not None:
        count = 1 if pixels.ndim == 2 else pixels.shape[2]
        white = (MAX_SAMPLE, "H", count, (like.declared_white,) * count, True)
        given["extratags"] = [*given.get("extratags", []), white]
    tifffile.imwrite(stream, pixels, **options, **given)
    return stream.getvalue()


def _encode_dicom(pixels: np.ndarray, like: ImageFile) -> bytes:
    """Write a DICOM file with a new identity, uncompressed; polarity, rescale and stored bits are those of ``like``."""
    import copy

    from pydicom.uid import ExplicitVRLittleEndian

    data = copy.deepcopy(like.metadata)
    is_grey = pixels.ndim == 2
    kind = str(data.PhotometricInterpretation) if is_grey else "RGB"
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    bits = max(8, like.brightness.bits)
    stored = _unrescale(pixels, like, bits, kind == "MONOCHROME1") if is_grey else pixels
    data.set_pixel_data(stored, kind, bits, generate_instance_uid=True)
    stream = io.BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _unrescale(pixels: np.ndarray, like: ImageFile, bits: int, is_inverted: bool) -> np.ndarray:
    """Return grey pixels as the samples that the file's rescale and polarity turn into them."""
    slope, intercept = rescale_of(like.metadata)
    values = pixels.astype(np.float64)
    if is_inverted:
        values = (like.brightness.white or white_of_bits(8)) - values
    is_signed = bool(like.metadata.PixelRepresentation)
    stored = np.rint((values - intercept) / slope).clip(0, white_of_bits(bits - is_signed))
    return stored.astype(f"{'int' if is_signed else 'uint'}{8 if bits == 8 else 16}")


def _encode_plain(pixels: np.ndarray, like: ImageFile) -> bytes:
    stream = io.BytesIO()
    options = {"quality": JPEG_QUALITY, "subsampling": 0} if like.format == "JPEG" else {}
    Image.fromarray(pixels).save(stream, format=like.format, **options, **like.metadata)
    return stream.getvalue()
