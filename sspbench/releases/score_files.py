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

SCORE_DIGITS = 8  # significant digits of a published score

# Columns of a run's ``scores.csv``.
LONG_COLUMNS = ("dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note")

SCORE_KEYS = ("row", "seed", "image")
NOTE_COLUMNS = ("row", "seed", "image", "metric", "note")
KEY_COUNT = 3

# Row, seed, image (or step), and the line's values as text, by name.
WideLine = tuple[str, int, str, dict[str, str]]

# Row, seed, image, measure and why its value is undefined.
ScoreNote = tuple[str, int, str, str, str]


def read_long_scores(path: Path) -> list[dict[str, str]]:
    """Read a ``scores.csv`` as text.

    Raises:
        UserError: its columns are others, a cell is missing, or a seed or value is not a number.
    """
    try:
        return _parse_long_scores(path)
    except (ValueError, csv.Error) as error:
        hint = "run the scoring again, or give a file that this suite wrote"
        what = "This is not a scores.csv of this suite"
        raise UserError(what, where=str(path), why=str(error), hint=hint) from error


def _parse_long_scores(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        head, lines = tuple(reader.fieldnames or ()), list(reader)
    if head not in (LONG_COLUMNS, (*LONG_COLUMNS, "segmenter")):
        raise ValueError(f"its columns are {', '.join(head) or 'none'}")
    for number, line in enumerate(lines, 2):
        is_whole = len(line) == len(head) and None not in line.values()
        if not is_whole or not line["seed"].isascii() or not line["seed"].isdecimal() or not _is_number(line["value"]):
            raise ValueError(f"line {number} has another form")
    return lines


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
    """Collect the scores of a row from the ``scores.csv`` of its seeds: a line per seed and image, and the notes.

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
    """Write lines as CSV, ``keys`` over the first three columns, then one column per name that occurs."""
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
            if not _is_number(value):
                raise UserError(f"{value!r} is not a number", where=where, hint=RESTORE_HINT)
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
