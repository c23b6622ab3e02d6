"""Results folders with scores and records of one's own making, as small as the readers of results need."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sspbench.files import write_json, write_text

COLUMNS = "dataset,preset,method,variant,seed,image,metric,value,note"


def write_run(
    root: Path,
    row: str,
    seed: int,
    scores: Mapping[str, Sequence[float]],
    losses: Mapping[str, Sequence[float]] | None = None,
    **job: Any,
) -> Path:
    """Write one run: values of each measure, image by image, losses every ten steps, and the record of its training."""
    folder = root / "runs" / row / f"seed-{seed}"
    method, _, variant = row.partition("+")
    first = f"cornsim,demo,{method},{variant},{seed}"
    lines = [
        f"{first},image_{number},{metric},{float(value)!r},"
        for metric, values in scores.items()
        for number, value in enumerate(values)
    ]
    write_text(folder / "scores.csv", "\n".join([COLUMNS, *lines]) + "\n")
    write_json(folder / "run.json", {"train": {"settings": {"params": {"rate": 0.1}, "seed": seed}, **job}})
    if losses:
        steps = range(len(next(iter(losses.values()))))
        log = [{"step": 10 * (n + 1), "losses": {k: float(v[n]) for k, v in losses.items()}} for n in steps]
        write_text(folder / "training.jsonl", "".join(json.dumps(line) + "\n" for line in log))
    return folder
