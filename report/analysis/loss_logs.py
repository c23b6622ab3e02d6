"""Losses over the steps of every training, failed ones up to where they stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .results import Results


@dataclass(frozen=True)
class LossLog:
    """The training logs of one row.

    Attributes:
        label: Label of the row.
        status_text: How its run ended.
        losses: The names of its losses, in the order of the log.
        seeds: By seed, (step, losses by name) for every line of its log.
    """

    label: str
    status_text: str
    losses: tuple[str, ...]
    seeds: tuple[tuple[tuple[int, dict[str, float]], ...], ...]


def read_loss_log(path: Path) -> tuple[tuple[int, dict[str, float]], ...]:
    """Read a ``training.jsonl``; a half-written last line is left out."""
    lines = path.read_text().splitlines() if path.is_file() else []
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    return tuple((entry["step"], entry["losses"]) for entry in entries if entry["losses"])


def collect_loss_logs(results: Results) -> list[LossLog]:
    """Return the logs of all trained rows and of the segmenter."""
    found = [
        _make_log(row.label, results.status_text(row), [results.run_folder(run) for run in row.runs])
        for row in results.rows
        if row.runs[0].is_learned and not row.runs[0].is_untrained
    ]
    segmenter = results.plan.segmenter
    folders = [results.plan.layout.segmenter_folder(segmenter.name, seed) for seed in results.plan.config["seeds"]]
    own = _make_log(f"{segmenter.label} (segmenter)", "done", folders)
    return [*found, own] if own.seeds else found


def _make_log(label: str, status_text: str, folders: Sequence[Path]) -> LossLog:
    seeds = tuple(seed for folder in folders if (seed := read_loss_log(folder / "training.jsonl")))
    names = dict.fromkeys(name for seed in seeds for _, losses in seed for name in losses)
    return LossLog(label, status_text, tuple(names), seeds)
