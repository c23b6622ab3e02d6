"""The losses of a release: at most fifty steps of each training, one file per row of the tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ..errors import UserError
from ..files import write_text
from .score_files import format_csv

MAX_LOSS_POINTS = 50
"""Steps of one training that are kept, the first and the last among them."""

LOSS_DIGITS = 6
"""Significant digits of a published loss."""

TRAINING_LOG_FILE = "training.jsonl"

Item = TypeVar("Item")

LossEntries = list[tuple[int, dict[str, float]]]
"""Steps and the losses logged there."""


def read_training_log(path: Path) -> LossEntries:
    """Read a training's log; a half-written last line is left out, and so is what has no losses.

    Raises:
        UserError: a line is no entry of a log.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    entries = [
        _parse_entry(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.endswith("}")
    ]
    return [(step, losses) for step, losses in entries if losses]


def _parse_entry(line: str, where: str) -> tuple[int, dict[str, float]]:
    try:
        entry = json.loads(line)
        return int(entry["step"]), {str(name): float(value) for name, value in entry["losses"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        hint = "remove the file: the losses of this training are then not shown; or train anew"
        raise UserError("A training's log cannot be read", where=where, why=repr(error), hint=hint) from error


def thin_out(entries: Sequence[Item], maximum: int = MAX_LOSS_POINTS) -> list[Item]:
    """Return at most ``maximum`` entries, evenly spread, the first and the last among them.

    >>> thin_out(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(entries) <= maximum:
        return list(entries)
    return [entries[round(number * (len(entries) - 1) / (maximum - 1))] for number in range(maximum)]


def write_release_losses(logs: Mapping[int, Path], path: Path) -> None:
    """Write the thinned losses of a row's seeds as ``seed,step,<loss>...``; nothing where no log is.

    Args:
        logs: ``training.jsonl`` by seed.
        path: The file.
    """
    kept = [
        (seed, step, losses) for seed, log in sorted(logs.items()) for step, losses in thin_out(read_training_log(log))
    ]
    if not kept:
        return
    names = list(dict.fromkeys(name for _, _, losses in kept for name in losses))
    body = [[seed, step, *(_loss_text(losses.get(name)) for name in names)] for seed, step, losses in kept]
    write_text(path, format_csv([["seed", "step", *names], *body]))


def _loss_text(value: float | None) -> str:
    return "" if value is None else format(value, f".{LOSS_DIGITS}g")


def read_release_losses(path: Path) -> dict[int, str]:
    """Return published losses as the text of each seed's ``training.jsonl``; empty where there are none."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        head, *body = csv.reader(stream)
    found: dict[int, str] = {}
    for seed, step, *cells in body:
        losses = {name: float(cell) for name, cell in zip(head[2:], cells, strict=True) if cell}
        line = json.dumps({"step": int(step), "losses": losses}) + "\n"
        found[int(seed)] = found.get(int(seed), "") + line
    return found
