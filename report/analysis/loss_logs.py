"""Losses over the steps of every training, failed ones up to where they stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .results import Results


@dataclass(frozen=True)
class LossLog:
    """The training logs of one row.

    Attributes:
        label: Label of the row.
        status_text: How its run ended.
        seeds: By seed, (step, losses by name) for every line of its log.
    """

    label: str
    status_text: str
    seeds: list[list[tuple[int, dict[str, float]]]]

    @property
    def title(self) -> str:
        """The label, with the status of a training that did not finish."""
        return self.label if self.status_text == "done" else f"{self.label} ({self.status_text.partition(':')[0]})"


def read_loss_log(path: Path) -> list[tuple[int, dict[str, float]]]:
    """Read a ``training.jsonl``; torn lines are left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    entries = [entry for line in lines if isinstance(entry := _parse_line(line), dict)]
    return [(entry["step"], entry["losses"]) for entry in entries if entry["losses"]]


def _parse_line(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


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
    logs = [read_loss_log(folder / "training.jsonl") for folder in folders]
    return LossLog(label, status_text, [log for log in logs if log])
