"""Which value is white: decided once for all pictures of a folder, by the files' own word or their largest value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import Faults
from .decoded import MAX_VALUE, white_of_bits

# Bits of cameras that write 16-bit files; beyond these all bits of the file are taken to be used.
CAMERA_BITS = (8, 10, 12, 14)

# Brightest pictures of different ranges must not differ by more: a 12-bit camera's among those of 16 bit do.
MAX_SPREAD = 2.0

BY_WORD, BY_VALUE, BY_OPTION = "as the files say", "by the largest value", "by the option"


@dataclass(frozen=True)
class Brightness:
    """What is known of the brightness of one picture.

    Attributes:
        name: The file, as shown.
        bits: Bits of a stored sample.
        top: Its largest value.
        white: The value that the file itself declares to be white, else None.
        source: Where it declares it.
        type_max: The largest value that its samples can have.
    """

    name: str
    bits: int
    top: int
    white: int | None
    source: str
    type_max: int = MAX_VALUE

    @property
    def is_deep(self) -> bool:
        """Whether its white has to be known: 8-bit files have only one."""
        return self.type_max > 255 or self.white not in (None, 255)


@dataclass(frozen=True)
class WhiteLevel:
    """White of the pictures of a folder, a line of the table that is shown and kept.

    Attributes:
        folder: The folder, as shown.
        files: Number of pictures.
        stored: Stored depths, e.g. ``8 and 16 bit``.
        largest: The largest value of those deeper than 8 bit, or of all where none is.
        white: The value that is white in those deeper than 8 bit; 255 where none is.
        decided: How that was decided.
    """

    folder: str
    files: int
    stored: str
    largest: int
    white: int
    decided: str

    def as_json(self) -> dict[str, str | int]:
        """Return it as the manifest keeps it."""
        return {**vars(self)}


def guess_white(top: int, type_max: int = MAX_VALUE) -> int:
    """Return the white of the camera with the fewest bits whose values go up to ``top``.

    >>> guess_white(3934), guess_white(20000), guess_white(32640, 32767)
    (4095, 65535, 32767)
    """
    whites = [white_of_bits(bits) for bits in CAMERA_BITS]
    return next((white for white in whites if top <= white), min(type_max, MAX_VALUE))


def decide_whites(
    folders: Mapping[str, Sequence[Brightness]], given: Mapping[str, int | None], option: str, faults: Faults
) -> dict[str, WhiteLevel]:
    """Decide the white of the pictures of every folder; add a fault where its files, or the folders, disagree.

    A white in ``given``, by folder, counts above the files; ``option`` says in hints how to give one.
    """
    decided = {name: _decide(name, files, given.get(name), option, faults) for name, files in folders.items() if files}
    _add_different_folders(folders, decided, given, option, faults)
    return decided


def _decide(folder: str, files: Sequence[Brightness], given: int | None, option: str, faults: Faults) -> WhiteLevel:
    deep = [file for file in files if file.is_deep]
    shown = deep or files
    largest = max(file.top for file in shown)
    stored = " and ".join(str(bits) for bits in sorted({file.bits for file in files})) + " bit"
    if not deep:
        return WhiteLevel(folder, len(files), stored, largest, 255, "8-bit files")
    if given is not None:
        return WhiteLevel(folder, len(files), stored, largest, given, BY_OPTION)
    whites = _whites(deep)
    if len(set(whites.values())) > 1:
        _add_different_files(folder, whites, option, faults)
    declared = sorted({file.source for file in deep if file.white is not None})
    how = f"{BY_WORD}: {', '.join(declared)}" if declared else BY_VALUE
    return WhiteLevel(folder, len(files), stored, largest, max(whites.values()), how)


def _whites(deep: Sequence[Brightness]) -> dict[Brightness, int]:
    """Return the white of each picture; a dim one among brighter ones of the same kind has theirs."""
    silent = [file for file in deep if file.white is None]
    whites = {file: file.white for file in deep if file.white is not None}
    brightest = max((file.top for file in silent), default=0)
    common = guess_white(brightest, max((file.type_max for file in silent), default=MAX_VALUE))
    for file in silent:
        is_black = file.top == 0
        is_near = file.top * MAX_SPREAD >= brightest
        whites[file] = common if is_black or is_near else guess_white(file.top, file.type_max)
    return whites


def _add_different_files(folder: str, whites: Mapping[Brightness, int], option: str, faults: Faults) -> None:
    examples = {white: file for file, white in whites.items()}
    counts = {white: list(whites.values()).count(white) for white in examples}
    why = "; ".join(
        f"{white} in {counts[white]}, e.g. {file.name} (largest value {file.top})"
        for white, file in sorted(examples.items())
    )
    hint = f"bring them to one range, or say which value is white in all of them: {option}"
    faults.add("The files of a folder disagree on which value is white", where=folder, why=why, hint=hint)


def _add_different_folders(
    folders: Mapping[str, Sequence[Brightness]],
    decided: Mapping[str, WhiteLevel],
    given: Mapping[str, int | None],
    option: str,
    faults: Faults,
) -> None:
    deep = {
        name: level
        for name, level in decided.items()
        if given.get(name) is None and any(file.is_deep and file.top > 0 for file in folders[name])
    }
    if len({level.white for level in deep.values()}) < 2:
        return
    why = "; ".join(f"{name}: {level.white} ({level.decided}, largest {level.largest})" for name, level in deep.items())
    hint = f"bring them to one range, or say which value is white: {option}"
    faults.add("Folders disagree on which value is white", where=", ".join(deep), why=why, hint=hint)


def tabulate_whites(levels: Sequence[WhiteLevel]) -> list[str]:
    """Return the table as lines of text."""
    head = ("folder", "files", "stored", "largest value", "white", "decided")
    rows = [head, *(tuple(str(value) for value in vars(level).values()) for level in levels)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
