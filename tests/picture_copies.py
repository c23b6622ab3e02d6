"""The same 8-bit picture in many kinds of files, written by libraries other than the suite's reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

Writer = Callable[[Path, np.ndarray], None]

REFUSED_COPIES = {"signed 8 bit", "signed 16 bit, negative", "float"}
"""Kinds of files whose black and white nobody knows."""


def _scale(pixels: np.ndarray, white: int) -> np.ndarray:
    return np.rint(pixels * (white / 255)).astype(np.uint16)


def _in_three(pixels: np.ndarray) -> np.ndarray:
    return np.stack([pixels] * 3)


def _tiff(**options: object) -> Writer:
    return lambda path, pixels: tifffile.imwrite(path, _scale(pixels, 65535), **options)


def _write_planar(path: Path, pixels: np.ndarray) -> None:
    tifffile.imwrite(path, _in_three(_scale(pixels, 65535)), photometric="rgb", planarconfig="separate")


def _write_planar_lzw(path: Path, pixels: np.ndarray) -> None:
    stored = _in_three(_scale(pixels, 65535)).astype(">u2")
    tifffile.imwrite(
        path, stored, photometric="rgb", planarconfig="separate", compression="lzw", predictor=True, byteorder=">"
    )


def _write_wide_png(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(imagecodecs.png_encode(np.dstack(list(_in_three(_scale(pixels, 4095))))))


def _write_palette(path: Path, pixels: np.ndarray) -> None:
    """Palette indices run backwards: read as grey they are the negative."""
    image = Image.fromarray(255 - pixels, mode="L").convert("L")
    turned = Image.frombytes("P", image.size, image.tobytes())
    turned.putpalette(np.repeat(np.arange(255, -1, -1, dtype=np.uint8), 3).tobytes())
    turned.save(path)


def _write_turned(path: Path, pixels: np.ndarray) -> None:
    exif = Image.Exif()
    exif[274] = 6  # to be turned a quarter to the right
    Image.fromarray(np.ascontiguousarray(np.rot90(pixels))).save(path, exif=exif)


def _write_dicom(path: Path, pixels: np.ndarray) -> None:
    """Inverted (MONOCHROME1), 12 of 16 bits, with a rescale slope."""
    write_dicom(path, 4095 - _scale(pixels, 4095), "MONOCHROME1", RescaleSlope=2, RescaleIntercept=0)


def write_dicom(path: Path, pixels: np.ndarray, kind: str = "MONOCHROME2", **fields: object) -> None:
    """Write a DICOM file of 12 stored bits.

    Args:
        path: The file.
        pixels: (H, W) uint16 below 4096.
        kind: PhotometricInterpretation.
        fields: Other elements by keyword.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    for name, value in fields.items():
        setattr(data, name, value)
    data.set_pixel_data(pixels, kind, 12)
    data.save_as(path, enforce_file_format=True)


COPIES: dict[str, tuple[str, Writer]] = {
    "8 bit": ("png", lambda path, pixels: Image.fromarray(pixels).save(path)),
    "48-bit planar": ("tif", _write_planar),
    "12 bit in 48-bit PNG": ("png", _write_wide_png),
    "signed 8 bit": ("tif", lambda path, p: tifffile.imwrite(path, (p.astype(int) - 128).astype(np.int8))),
    "14 bit": ("tif", lambda path, pixels: tifffile.imwrite(path, _scale(pixels, 16383))),
    "signed 16 bit": ("tif", lambda path, pixels: tifffile.imwrite(path, _scale(pixels, 32767).astype(np.int16))),
    "signed 16 bit, negative": (
        "tif",
        lambda path, pixels: tifffile.imwrite(path, (_scale(pixels, 65535) - 32768.0).astype(np.int16)),
    ),
    "white is zero": (
        "tif",
        lambda path, pixels: tifffile.imwrite(path, 65535 - _scale(pixels, 65535), photometric="miniswhite"),
    ),
    "planar, LZW, predictor, big-endian": ("tif", _write_planar_lzw),
    "tiles, zstd": ("tif", _tiff(tile=(32, 16), compression="zstd")),
    "packed 12 bit": (
        "tif",
        lambda path, p: tifffile.imwrite(path, _scale(p, 4095), bitspersample=12),
    ),
    "32 bit": ("tif", lambda path, pixels: tifffile.imwrite(path, _scale(pixels, 65535).astype(np.uint32))),
    "float": ("tif", lambda path, pixels: tifffile.imwrite(path, (pixels / 255).astype(np.float32))),
    "palette": ("png", _write_palette),
    "turned": ("png", _write_turned),
    "DICOM": ("dcm", _write_dicom),
}
"""The ending and the writer of each kind of copy, by name."""
