"""The scores of a release: one file, with one line per row, seed and image and one column per measure.

A run's ``scores.csv`` has one line per value, three times the text. Only the digits beyond :data:`SCORE_DIGITS` are
lost; undefined values stay ``nan``, with the reason in ``notes.csv``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from ..files import write_text
from .release_folder import RESTORE_HINT, ReleasePart

SCORE_DIGITS = 8
"""Significant digits of a published score."""

LONG_COLUMNS = ("dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note")
"""Columns of a run's ``scores.csv``."""

SCORE_KEYS = ("row", "seed", "image")
NOTE_COLUMNS = ("row", "seed", "image", "metric", "note")
KEY_COUNT = 3

WideLine = tuple[str, int, str, dict[str, str]]
"""Row, seed, image (or step), and the line's values as text, by name."""

ScoreNote = tuple[str, int, str, str, str]
"""Row, seed, image, measure and why its value is undefined."""


def read_long_scores(path: Path) -> list[dict[str, str]]:
    """Read a ``scores.csv`` as text.

    Raises:
        UserError: its columns are others.
    """
    head, lines, why = _read_csv(Path(path))
    is_known = head in (LONG_COLUMNS, (*LONG_COLUMNS, "segmenter"))
    why = why or ("" if is_known else f"its columns are {', '.join(head) or 'none'}")
    why = why or next(
        (f"line {number} has another form" for number, line in enumerate(lines, 2) if _is_malformed(line, len(head))),
        "",
    )
    if why:
        hint = "run the scoring again, or give a file that this suite wrote"
        raise UserError("This is not a scores.csv of this suite", where=str(path), why=why, hint=hint)
    return lines


def _read_csv(path: Path) -> tuple[tuple[str, ...], list[dict[str, str]], str]:
    """Return the head of a CSV file, its lines, and why it cannot be read, if so."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            return tuple(reader.fieldnames or ()), list(reader), ""
    except (UnicodeDecodeError, csv.Error) as error:
        return (), [], str(error)


def _is_malformed(line: Mapping[str, str], width: int) -> bool:
    """Return whether a line of scores lacks a cell, has one too many, or a seed or value that is not a number."""
    if len(line) != width or None in line.values() or not (line["seed"].isascii() and line["seed"].isdecimal()):
        return True
    try:
        float(line["value"])
    except ValueError:
        return True
    return False


def format_csv(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV, each line ended by a line feed alone."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def round_number_text(value: str) -> str:
    """Return a number's text with :data:`SCORE_DIGITS` significant digits.

    >>> round_number_text("0.13696193525435787"), round_number_text("100.0"), round_number_text("nan")
    ('0.13696194', '100', 'nan')
    """
    return format(float(value), f".{SCORE_DIGITS}g")


def collect_row_scores(row: str, runs: Mapping[int, Path]) -> tuple[list[WideLine], list[ScoreNote]]:
    """Collect the scores of a row from the ``scores.csv`` of its seeds.

    Args:
        row: ``method`` or ``method+variant``.
        runs: The ``scores.csv`` by seed.

    Returns:
        One line per seed and image, and the notes of undefined values.

    Raises:
        UserError: a score occurs twice, or a file has other columns.
    """
    notes: list[ScoreNote] = []
    values: dict[tuple[int, str], dict[str, str]] = {}
    for seed, path in sorted(runs.items()):
        for line in read_long_scores(path):
            cells = values.setdefault((seed, line["image"]), {})
            if line["metric"] in cells:
                hint = "remove this file and run the workflow again: it recomputes the scores"
                raise UserError(f"{line['metric']} of {line['image']} occurs twice", where=str(path), hint=hint)
            cells[line["metric"]] = round_number_text(line["value"])
            if line["note"]:
                notes.append((row, seed, line["image"], line["metric"], line["note"]))
    return [(row, seed, image, cells) for (seed, image), cells in values.items()], notes


def write_wide_file(path: Path, keys: Sequence[str], lines: Iterable[WideLine]) -> None:
    """Write lines as CSV, one column per name that occurs; a name that a line does not have is an empty cell.

    Args:
        path: The file.
        keys: Heads of the first three columns.
        lines: The lines.
    """
    kept = list(lines)
    names = list(dict.fromkeys(name for *_, cells in kept for name in cells))
    body = [[*key, *(cells.get(name, "") for name in names)] for *key, cells in kept]
    write_text(path, format_csv([[*keys, *names], *body]))


def read_wide_file(path: Path) -> Iterator[WideLine]:
    """Yield the lines of a file that :func:`write_wide_file` wrote, numbers as they stand; empty cells are left out.

    Raises:
        UserError: a line has more or fewer cells than the head, its seed or a cell is not a number.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        head, *body = list(csv.reader(stream)) or [[]]
    for number, cells in enumerate(body, 2):
        where = f"{path}, line {number}"
        if len(cells) != len(head) or len(head) < KEY_COUNT or not cells[1].isdecimal():
            why = f"{len(cells)} cells for {len(head)} columns, starting with {', '.join(cells[:2])!r}"
            raise UserError("A line does not match the head of its file", where=where, why=why, hint=RESTORE_HINT)
        named = zip(head[KEY_COUNT:], cells[KEY_COUNT:], strict=True)
        values = {name: value for name, value in named if value}
        for value in values.values():
            _reject_text(value, where)
        yield cells[0], int(cells[1]), cells[2], values


def write_score_notes(notes: Iterable[ScoreNote], path: Path) -> None:
    """Write ``notes.csv``."""
    write_text(path, format_csv([NOTE_COLUMNS, *notes]))


def read_score_notes(path: Path) -> dict[tuple[str, int, str, str], str]:
    """Return the notes by row, seed, image and measure."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {(e["row"], int(e["seed"]), e["image"], e["metric"]): e["note"] for e in csv.DictReader(stream)}


def read_release_scores(
    part: ReleasePart, first: tuple[str, str], *, is_low: bool = False
) -> dict[tuple[str, int], list[list[str]]]:
    """Return the scores of a release as the lines of each run's ``scores.csv``, by row and seed.

    Args:
        part: The release.
        first: Data set and preset, the first two columns.
        is_low: Read the scores under the segmenter trained on LQ images instead, which have no notes.

    Raises:
        UserError: a line of the file has another form.
    """
    notes = {} if is_low else read_score_notes(part.notes)
    found: dict[tuple[str, int], list[list[str]]] = {}
    for row, seed, image, values in read_wide_file(part.low_scores if is_low else part.scores):
        method, _, variant = row.partition("+")
        lines = found.setdefault((row, seed), [])
        for metric, value in values.items():
            note = notes.get((row, seed, image, metric), "")
            # As the scoring writes a number: the shortest text.
            lines.append([*first, method, variant, str(seed), image, metric, repr(float(value)), note])
    return found


def _reject_text(value: str, where: str) -> None:
    """Reject a cell that is not a number."""
    try:
        float(value)
    except ValueError:
        raise UserError(f"{value!r} is not a number", where=where, hint=RESTORE_HINT) from None
