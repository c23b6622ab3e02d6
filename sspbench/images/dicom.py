"""DICOM files by pydicom: polarity, rescale, stored bits and spacing."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .decoded import (
    ANISOTROPY,
    ChannelLayout,
    DecodedImage,
    UnusableImageError,
    refuse_pages,
    refuse_size,
    white_of_bits,
)

# Where DICOM declares the distance of pixels, millimetres; the first one counts.
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")

# Channels by PhotometricInterpretation; pydicom turns luminance and chrominance into RGB.
LAYOUTS: dict[str, ChannelLayout] = {
    "MONOCHROME1": "L", "MONOCHROME2": "L", "RGB": "RGB", "YBR_FULL": "RGB", "YBR_FULL_422": "RGB",
    "YBR_RCT": "RGB", "YBR_ICT": "RGB",
}  # fmt: skip


def read_dicom_size(path: Path) -> tuple[int, int]:
    """Return width and height that the header declares."""
    data = _read(path, stop_before_pixels=True)
    return int(data.Columns), int(data.Rows)


def decode_dicom(path: Path) -> DecodedImage:
    """Decode a DICOM file; the samples are the modality's values (rescale slope and intercept applied)."""
    data = _read(path)
    refuse_size(int(data.Columns), int(data.Rows))
    refuse_pages(int(data.get("NumberOfFrames") or 1))
    kind = str(data.PhotometricInterpretation)
    if kind not in LAYOUTS:
        raise UnusableImageError(f"DICOM pixels of the kind {kind} are not supported")
    _refuse_contradiction(kind, str(data.get("PresentationLUTShape") or ""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stored: np.ndarray = data.pixel_array
    bits = int(data.BitsStored)
    pixels, white = _rescaled(stored, bits, data)
    um_per_px, notes = _read_spacing(data)
    return DecodedImage(
        pixels,
        "DICOM",
        LAYOUTS[kind],
        bits,
        is_white_zero=kind == "MONOCHROME1",
        white=white,
        white_source="BitsStored" if white is not None else "",
        um_per_px=um_per_px,
        notes=notes,
        is_lossy=str(data.get("LossyImageCompression") or "") == "01",
        metadata=data,
    )


def _refuse_contradiction(kind: str, shape: str) -> None:
    """Raise where a file says in one place that high values are bright, and in another that they are dark."""
    if (kind, shape) in (("MONOCHROME2", "INVERSE"), ("MONOCHROME1", "IDENTITY")):
        why = f"PhotometricInterpretation {kind}, PresentationLUTShape {shape}"
        raise UnusableImageError("A DICOM file contradicts itself on which value is white", why=why)


def rescale_of(data: Any) -> tuple[float, float]:
    """Return slope and intercept that turn stored samples into the modality's values."""
    return float(data.get("RescaleSlope", 1) or 1), float(data.get("RescaleIntercept", 0) or 0)


def _read(path: Path, **options: Any) -> Any:
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd values in fields that nothing here reads
        return pydicom.dcmread(path, **options)


def _rescaled(stored: np.ndarray, bits: int, data: Any) -> tuple[np.ndarray, int | None]:
    """Return the modality's values and, of unsigned samples, the largest one that the stored bits can hold."""
    slope, intercept = rescale_of(data)
    signed = stored.dtype.kind == "i"
    top = white_of_bits(bits - signed)
    if (slope, intercept) == (1.0, 0.0):
        return stored, top
    values = stored * slope + intercept
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        why = f"RescaleSlope {slope:g}, RescaleIntercept {intercept:g}: its values are not whole numbers"
        raise UnusableImageError("A DICOM file holds values that are not grey levels", why=why)
    lowest = -top - 1 if signed else 0
    white = max(top * slope, lowest * slope) + intercept
    return values.astype(np.int64), (round(white) if white >= 1 else None)


def _read_spacing(data: Any) -> tuple[float | None, tuple[str, ...]]:
    """Return micrometres per pixel, and what was not understood, in words."""
    for key in SPACINGS:
        spacing = data.get(key)
        if spacing is None or len(spacing) != 2:
            continue
        rows, columns = (float(one) * 1000 for one in spacing)
        if not all(side > 0 and np.isfinite(side) for side in (rows, columns)):
            return None, (f"{key} of 0 or of no number ignored",)
        if abs(rows / columns - 1) > ANISOTROPY:
            return None, (f"{key} ignored: pixels are not square ({columns:g} x {rows:g} µm)",)
        return columns, ()
    return None, ()
