"""What a TIFF file declares of its white, its scale and its pages, and the tags that a written file keeps.

Declarations lie in tags, in ImageJ's text and in OME's XML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from .decoded import ANISOTROPY, white_of_bits

DESCRIPTION, SOFTWARE, DATETIME = 270, 305, 306
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
MAX_SAMPLE, SMAX_SAMPLE = 281, 341

# Micrometres of TIFF's units, inch and centimetre.
UM_PER_UNIT = {2: 25_400.0, 3: 10_000.0}

# Micrometres of units as ImageJ and OME write them.
UM_PER_NAME = {
    "nm": 1e-3, "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "micrometre": 1.0,
    "\\u00b5m": 1.0, "mm": 1e3, "millimeter": 1e3, "cm": 1e4, "m": 1e6, "inch": 25_400.0, "inches": 25_400.0,
}  # fmt: skip

# A whole number of dots per inch up to here says how to print a picture, not how large its pixels were: 1200 dpi are 21
# µm, more than a pixel of any microscope covers.
MAX_PRINT_DPI = 1200

# Tags that describe the old pixels, which the writer sets again.
WRITERS_OWN = {
    254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 280, 281, 284, 317, 320, 322, 323, 324, 325, 330,
    338, 339, 340, 341, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
}  # fmt: skip

# Tags that the writer takes by name.
BY_NAME = {SOFTWARE, DATETIME, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}

# The description that tifffile writes of itself: it says how the old pixels lie.
WRITERS_FORM = re.compile(r'\{"shape": \[[\d, ]+\].*\}')

VALID_DATE = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")


def stack_pages(file: Any) -> int:
    """Return how many pictures ImageJ's or OME's metadata declare in a file, which may lie in one page."""
    imagej = file.imagej_metadata
    if imagej:
        declared = [int(imagej.get(key, 1)) for key in ("images", "channels", "slices", "frames")]
        return max(1 if file.pages.first.samplesperpixel > 1 else declared[1], declared[0], declared[2], declared[3])
    pixels = _ome_pixels(file)
    if not pixels:
        return 1
    samples = int(file.pages.first.samplesperpixel)
    planes = int(pixels.get("SizeZ", 1)) * int(pixels.get("SizeT", 1))
    return planes * max(1, int(pixels.get("SizeC", 1)) // samples)


def _ome_pixels(file: Any) -> dict[str, Any]:
    if not file.is_ome:
        return {}
    import tifffile

    images = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
    if isinstance(images, list):
        pixels = dict(images[0]["Pixels"])
        return {**pixels, "SizeT": int(pixels.get("SizeT", 1)) * len(images)}
    return dict(images["Pixels"])


def declared_white(file: Any, page: Any, pixels: np.ndarray) -> tuple[int | None, str]:
    """Return the value that the file declares to be white, and where; None where it does not."""
    bits, top = int(page.bitspersample), pixels.max()
    if pixels.dtype.kind == "f":
        return None, ""
    if bits not in (8, 16, 32, 64):
        return white_of_bits(bits - (pixels.dtype.kind == "i")), f"{bits} bits per sample"
    significant = _ome_pixels(file).get("SignificantBits")
    if significant is not None and int(significant) < bits and top <= white_of_bits(int(significant)):
        return white_of_bits(int(significant)), "OME SignificantBits"
    for code, name in ((MAX_SAMPLE, "MaxSampleValue"), (SMAX_SAMPLE, "SMaxSampleValue")):
        value = _largest(page, code)
        # Writers also put the brightest value of the picture here, which says nothing of white.
        if value is not None and value >= max(255, top) and (value + 1) & value == 0:
            return value, name
    if bits == 8 and pixels.dtype.kind == "i":
        return white_of_bits(7), "signed 8 bit"
    return None, ""


def _largest(page: Any, code: int) -> int | None:
    tag = page.tags.get(code)
    if tag is None:
        return None
    values = tag.value if isinstance(tag.value, tuple) else (tag.value,)
    return int(max(values)) if all(float(value).is_integer() for value in values) else None


def pixel_size(file: Any, page: Any) -> tuple[float | None, tuple[str, ...]]:
    """Return micrometres per pixel, and what was not understood, in words."""
    ome = _ome_pixels(file)
    if "PhysicalSizeX" in ome:
        return _ome_size(ome)
    resolution, notes = _resolution(page)
    if resolution is None:
        return None, notes
    imagej = file.imagej_metadata
    if imagej and imagej.get("unit"):
        return _imagej_size(str(imagej["unit"]), resolution)
    tag = page.tags.get(RESOLUTION_UNIT)
    unit = int(tag.value) if tag is not None else 2
    if unit not in UM_PER_UNIT:
        return None, (() if unit == 1 else (f"ResolutionUnit {unit} is unknown: resolution ignored",))
    um_per_px = UM_PER_UNIT[unit] / resolution
    dpi = 25_400.0 / um_per_px
    if dpi <= MAX_PRINT_DPI and abs(dpi - round(dpi)) < 0.02:
        return None, (f"{dpi:.0f} dpi taken for a printing resolution, not for the size of pixels",)
    return um_per_px, ()


def _resolution(page: Any) -> tuple[float | None, tuple[str, ...]]:
    """Return pixels per unit; None where there are none that make sense."""
    tags = [page.tags.get(code) for code in (X_RESOLUTION, Y_RESOLUTION)]
    if any(tag is None for tag in tags):
        return None, ()
    values = [tag.value for tag in tags if tag is not None]
    if any(len(value) != 2 or value[0] <= 0 or value[1] <= 0 for value in values):
        return None, ("a resolution of 0 or of no number ignored",)
    across, down = (value[0] / value[1] for value in values)
    if abs(across / down - 1) > ANISOTROPY:
        return None, (f"resolution ignored: pixels are not square ({across:g} and {down:g} per unit)",)
    return across, ()


def _imagej_size(unit: str, resolution: float) -> tuple[float | None, tuple[str, ...]]:
    factor = UM_PER_NAME.get(unit.strip().lower())
    if factor is None:
        note = () if unit.strip().lower() in ("pixel", "pixels") else (f"unit {unit!r} is unknown: resolution ignored",)
        return None, note
    return factor / resolution, ()


def _ome_size(ome: dict[str, Any]) -> tuple[float | None, tuple[str, ...]]:
    unit = str(ome.get("PhysicalSizeXUnit", "µm"))
    factor = UM_PER_NAME.get(unit.strip().lower())
    across, down = float(ome["PhysicalSizeX"]), float(ome.get("PhysicalSizeY", ome["PhysicalSizeX"]))
    if factor is None or not across > 0 or abs(down / across - 1) > ANISOTROPY:
        return None, (f"OME pixel size {across:g} x {down:g} {unit} ignored",)
    return across * factor, ()


@dataclass(frozen=True)
class TiffTags:
    """The tags of a TIFF file: code, type, count and value of each, in the order of the file.

    Some hold bytes that depend on the byte order, ``<`` or ``>``.
    """

    byteorder: str
    tags: tuple[tuple[int, int, int, Any], ...]


def collect_tiff_tags(given: TiffTags) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what tifffile's writer has to get to keep a file's tags, and which of them are dropped, in words."""
    found: dict[str, Any] = {"byteorder": given.byteorder}
    extra, dropped = [], []
    first = {code: value for code, _, _, value in reversed(given.tags)}
    if SOFTWARE in first:
        found["software"] = _encode_text(first[SOFTWARE])
    _add_resolution(first, found)
    for code, dtype, count, value in given.tags:
        if code in WRITERS_OWN or code in BY_NAME - {DATETIME}:
            continue
        if code == DATETIME and VALID_DATE.fullmatch(str(value)):
            found["datetime"] = str(value)
        elif code == DESCRIPTION and isinstance(value, str) and WRITERS_FORM.fullmatch(value):
            continue
        elif _is_writable(dtype, value):
            extra.append((code, dtype, count, _encode_text(value), True))
        else:
            dropped.append(f"tag {code} dropped: it cannot be written again")
    found["extratags"] = extra
    return found, tuple(dropped)


def _encode_text(value: Any) -> Any:
    """Bring a text to bytes: the writer takes no text beyond ASCII, many files have it."""
    return value.encode() if isinstance(value, str) else value


def _is_writable(dtype: int, value: Any) -> bool:
    """Return whether a tag's value has a plain form; those that tifffile has interpreted do not."""
    if dtype == 2:
        return isinstance(value, str | bytes)
    return not isinstance(value, dict) and dtype in range(1, 13)


def _add_resolution(first: dict[int, Any], found: dict[str, Any]) -> None:
    """Keep the resolution where it has two numbers above 0; a unit that does not exist becomes none."""
    values = [first.get(code) for code in (X_RESOLUTION, Y_RESOLUTION)]
    if not all(_is_positive_ratio(value) for value in values):
        return
    found["resolution"] = tuple(values)
    unit = first.get(RESOLUTION_UNIT, 2)
    found["resolutionunit"] = int(unit) if unit in (1, 2, 3) else 1


def _is_positive_ratio(value: Any) -> bool:
    is_pair = isinstance(value, tuple) and len(value) == 2
    return is_pair and all(isinstance(number, int) and number > 0 for number in value)
