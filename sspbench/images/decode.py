"""The one reader of picture files: prepare, labels, external rows, enhance and doctor all decode by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError
from .decoded import DecodedImage, UnusableImageError
from .dicom import decode_dicom, read_dicom_size
from .raster import decode_raster, read_raster_size
from .tiff import decode_tiff, read_tiff_size

# File name endings that count as images (case-insensitive).
IMAGE_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".gif", ".dcm")

# Bytes that say what a file is: DICOM has its mark behind a preamble of 128.
HEAD_BYTES = 132


# First bytes of a file, and what it then is.
SIGNATURES: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF8": "GIF",
    b"\0\0\0\x0cjP": "JPEG 2000",
    b"RIFF": "WebP",
}

SUPPORTED_KINDS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "DICOM")

# What reads the size of pictures that Pillow does not read.
SIZE_READERS = {"TIFF": read_tiff_size, "DICOM": read_dicom_size}


def decode_image(path: Path) -> DecodedImage:
    """Decode a picture file; its content, not its name, decides its kind.

    Raises:
        UserError: the file is missing, damaged, too large, of an unsupported kind, or holds several pages. No content
            of a file raises anything else.
    """
    with _explain_faults(path):
        kind = _find_kind(path)
        if kind == "TIFF":
            return decode_tiff(path)
        return decode_dicom(path) if kind == "DICOM" else decode_raster(path, kind)


def read_image_size(path: Path) -> tuple[int, int]:
    """Return width and height that a picture file declares, as stored, without decoding it.

    Raises:
        UserError: as :func:`decode_image` does.
    """
    with _explain_faults(path):
        return SIZE_READERS.get(_find_kind(path), read_raster_size)(path)


@contextmanager
def _explain_faults(path: Path) -> Iterator[None]:
    """Turn the errors that readers raise for the content of a file into a ``UserError`` that names it."""
    try:
        yield
    except FileNotFoundError as error:
        hint = "put it back, or run the workflow again if it is one that a run made"
        raise UserError("An image file is missing", where=str(path), hint=hint) from error
    except UnusableImageError as error:
        raise UserError(error.what, where=str(path), why=error.why, hint=error.hint) from error
    except PermissionError as error:
        hint = "let this user read it"
        raise UserError("An image cannot be read", where=str(path), why="no permission", hint=hint) from error
    except ImportError:
        raise  # an environment without the decoders is not a fault of the file
    except Exception as error:  # decoders raise anything on damaged bytes: TypeError, IndexError, MemoryError
        raise UserError(
            "An image cannot be read",
            where=str(path),
            why=str(error) or type(error).__name__,
            hint="replace the file by a readable PNG, TIFF, JPEG, BMP, GIF or DICOM, or remove it",
        ) from error


def _find_kind(path: Path) -> str:
    with Path(path).open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head[128:132] == b"DICM":
        return "DICOM"
    kind = next((name for signature, name in SIGNATURES.items() if head.startswith(signature)), None)
    if kind is None:
        raise ValueError("its content is not an image of a known kind")
    if kind not in SUPPORTED_KINDS:
        raise UnusableImageError(f"{kind} files are not supported", hint="save it as PNG or TIFF")
    return kind
