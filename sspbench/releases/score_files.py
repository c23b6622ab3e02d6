"""The scores of a release: one file per row of the tables, one line per seed and image, one column per measure.

A run's ``scores.csv`` has one line per value, three times the text. Nothing but the digits beyond :data:`SCORE_DIGITS` is
lost; what is undefined stays ``nan``, with its reason in ``notes.csv``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from ..files import write_text
from .release_folder import RESTORE_HINT

SCORE_DIGITS = 8
"""Significant digits of a published score."""

LONG_COLUMNS = ("dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note")
"""Columns of a run's ``scores.csv``."""

NOTES_FILE = "notes.csv"
NOTE_COLUMNS = ("row", "seed", "image", "metric", "note")

ScoreNote = tuple[str, int, str, str, str]
"""Row, seed, image, measure and why its value is undefined."""


def read_long_scores(path: Path) -> list[dict[str, str]]:
    """Read a ``scores.csv`` as text.

    Raises:
        UserError: its columns are others.
    """
    head, lines, why = _read_csv(Path(path))
    why = why or ("" if head == LONG_COLUMNS else f"its columns are {', '.join(head) or 'none'}")
    why = why or next(
        (f"line {number} has another form" for number, line in enumerate(lines, 2) if _is_malformed(line)), ""
    )
    if why:
        hint = "run the scoring again, or give a file that this suite wrote"
        raise UserError("This is no scores.csv of this suite", where=str(path), why=why, hint=hint)
    return lines


def _read_csv(path: Path) -> tuple[tuple[str, ...], list[dict[str, str]], str]:
    """Return the head of a CSV file, its lines, and why it cannot be read, if so."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            return tuple(reader.fieldnames or ()), list(reader), ""
    except (UnicodeDecodeError, csv.Error) as error:
        return (), [], str(error)


def _is_malformed(line: Mapping[str, str]) -> bool:
    """Tell whether a line of scores lacks a cell, has one too many, or a seed or value that is no number."""
    if (
        len(line) != len(LONG_COLUMNS)
        or None in line.values()
        or not (line["seed"].isascii() and line["seed"].isdecimal())
    ):
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


def write_wide_scores(row: str, runs: Mapping[int, Path], folder: Path) -> list[ScoreNote]:
    """Write ``<row>.csv`` from the ``scores.csv`` of a row's seeds; return the notes that stand beside its values.

    Args:
        row: ``method`` or ``method+variant``.
        runs: The ``scores.csv`` by seed.
        folder: Where to.
    """
    notes: list[ScoreNote] = []
    values: dict[tuple[int, str], dict[str, str]] = {}
    for seed, path in sorted(runs.items()):
        for line in read_long_scores(path):
            cells = values.setdefault((seed, line["image"]), {})
            if line["metric"] in cells:
                hint = "remove this file and run the workflow again: the scores are computed anew"
                raise UserError(f"{line['metric']} of {line['image']} stands twice", where=str(path), hint=hint)
            cells[line["metric"]] = round_number_text(line["value"])
            if line["note"]:
                notes.append((row, seed, line["image"], line["metric"], line["note"]))
    metrics = list(dict.fromkeys(metric for cells in values.values() for metric in cells))
    body = [[seed, image, *(cells.get(name, "") for name in metrics)] for (seed, image), cells in values.items()]
    write_text(folder / f"{row}.csv", format_csv([["seed", "image", *metrics], *body]))
    return notes


def write_score_notes(notes: Iterable[ScoreNote], folder: Path) -> None:
    """Write ``notes.csv``."""
    write_text(folder / NOTES_FILE, format_csv([NOTE_COLUMNS, *notes]))


def read_score_notes(folder: Path) -> dict[tuple[str, int, str, str], str]:
    """Return the notes by row, seed, image and measure."""
    with (folder / NOTES_FILE).open(encoding="utf-8", newline="") as stream:
        return {(e["row"], int(e["seed"]), e["image"], e["metric"]): e["note"] for e in csv.DictReader(stream)}


def read_wide_as_long(
    path: Path, notes: Mapping[tuple[str, int, str, str], str], first: tuple[str, str]
) -> dict[int, list[list[str]]]:
    """Return a wide file as the lines of each seed's ``scores.csv``.

    Args:
        path: ``<row>.csv``.
        notes: Of :func:`read_score_notes`.
        first: Data set and preset, the first two columns.

    Raises:
        UserError: a line has more or fewer cells than the head, or a cell is no number.
    """
    row = path.name.removesuffix(".csv")
    method, _, variant = row.partition("+")
    with path.open(encoding="utf-8", newline="") as stream:
        head, *body = list(csv.reader(stream)) or [[]]
    found: dict[int, list[list[str]]] = {}
    for number, cells in enumerate(body, 2):
        where = f"{path}, line {number}"
        if len(cells) != len(head) or not cells[0].isdecimal():
            why = f"{len(cells)} cells under {len(head)} names, the first {cells[0] if cells else ''!r}"
            raise UserError(
                "A line of the scores has another form than its head", where=where, why=why, hint=RESTORE_HINT
            )
        seed, image = int(cells[0]), cells[1]
        lines = found.setdefault(seed, [])
        for metric, value in zip(head[2:], cells[2:], strict=True):
            if value:
                note = notes.get((row, seed, image, metric), "")
                lines.append([*first, method, variant, str(seed), image, metric, _shortest_number(value, where), note])
    return found


def _shortest_number(text: str, where: str) -> str:
    """Return the shortest text of a number, as the scoring writes it."""
    try:
        return repr(float(text))
    except ValueError:
        raise UserError(f"{text!r} is no number", where=where, hint=RESTORE_HINT) from None
