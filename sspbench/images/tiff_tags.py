"""Tags of a TIFF file that a written one keeps: everything but what describes the old pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

DESCRIPTION, SOFTWARE, DATETIME, X_RESOLUTION, Y_RESOLUTION, UNIT = 270, 305, 306, 282, 283, 296

WRITERS_OWN = {
    254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 280, 281, 284, 317, 320, 322, 323, 324, 325, 330,
    338, 339, 340, 341, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
}  # fmt: skip
"""Tags that describe the old pixels, which the writer sets again."""

BY_NAME = {SOFTWARE, DATETIME, X_RESOLUTION, Y_RESOLUTION, UNIT}
"""Tags that the writer is reported by name."""

WRITERS_FORM = re.compile(r'\{"shape": \[[\d, ]+\].*\}')
"""The description that tifffile writes of itself: it says how the old pixels lie."""

VALID_DATE = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")


@dataclass(frozen=True)
class TiffTags:
    """The tags of a TIFF file.

    Attributes:
        byteorder: ``<`` or ``>``; some tags hold bytes that depend on it.
        tags: Code, type, count and value of each, in the order of the file.
    """

    byteorder: str
    tags: tuple[tuple[int, int, int, Any], ...]


def collect_tiff_tags(given: TiffTags) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what the writer has to be reported to keep a file's tags, and which of them are dropped, in words.

    Args:
        given: The tags of a file.
    """
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
    unit = first.get(UNIT, 2)
    found["resolutionunit"] = int(unit) if unit in (1, 2, 3) else 1


def _is_positive_ratio(value: Any) -> bool:
    is_pair = isinstance(value, tuple) and len(value) == 2
    return is_pair and all(isinstance(number, int) and number > 0 for number in value)
