"""The losses of a release: at most fifty steps of each training, in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ..errors import UserError
from .score_files import WideLine, read_wide_file

# Steps of one training that are kept, the first and the last among them.
MAX_LOSS_POINTS = 50

# Significant digits of a published loss.
LOSS_DIGITS = 6
LOSS_KEYS = ("row", "seed", "step")

TRAINING_LOG_FILE = "training.jsonl"

Item = TypeVar("Item")

LossEntries = list[tuple[int, dict[str, float]]]  # steps and the losses logged there


def read_training_log(path: Path) -> LossEntries:
    """Read a training's log; a line that the end of the job tore is left out, and so is what has no losses.

    Raises:
        UserError: a line is not an entry of a log.
    """
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    whole = text[: text.rfind("\n") + 1].splitlines()
    entries = [_parse_entry(line, f"{path}, line {number}") for number, line in enumerate(whole, 1)]
    return [(step, losses) for step, losses in entries if losses]


def _parse_entry(line: str, where: str) -> tuple[int, dict[str, float]]:
    try:
        entry = json.loads(line)
        return int(entry["step"]), {str(name): float(value) for name, value in entry["losses"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        hint = "remove the file: the losses of this training are then not shown; or train again"
        raise UserError("A training's log cannot be read", where=where, why=repr(error), hint=hint) from error


def thin_out(entries: Sequence[Item], maximum: int = MAX_LOSS_POINTS) -> list[Item]:
    """Return at most ``maximum`` entries, evenly spread, the first and the last among them.

    >>> thin_out(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(entries) <= maximum:
        return list(entries)
    return [entries[round(number * (len(entries) - 1) / (maximum - 1))] for number in range(maximum)]


def collect_row_losses(row: str, folders: Mapping[int, Path]) -> list[WideLine]:
    """Return the thinned losses that a row's trainings logged, one line per seed and step.

    Args:
        row: ``method``, ``method+variant`` or ``segmenter/<name>``.
        folders: The folders of the trainings by seed.
    """
    return [
        (row, seed, str(step), {name: format(value, f".{LOSS_DIGITS}g") for name, value in losses.items()})
        for seed, folder in sorted(folders.items())
        for step, losses in thin_out(read_training_log(folder / TRAINING_LOG_FILE))
    ]


def read_release_losses(path: Path) -> dict[tuple[str, int], str]:
    """Return published losses as the text of each training's ``training.jsonl``, by row and seed."""
    found: dict[tuple[str, int], str] = {}
    for row, seed, step, values in read_wide_file(path):
        losses = {name: float(value) for name, value in values.items()}
        line = json.dumps({"step": int(step), "losses": losses}) + "\n"
        found[row, seed] = found.get((row, seed), "") + line
    return found
