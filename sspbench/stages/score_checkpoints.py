"""Score the kept checkpoints of one run: each enhances, is segmented and scored as the run itself is."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ..config.settings import Settings
from ..errors import UserError
from ..files import read_json, replace_atomically, write_json
from ..images.manifest import Manifest
from ..jobs.provenance import JobRecorder
from ..jobs.scores_record import SCORE_RECORD, SCORES_FILE, hash_score_tables
from ..jobs.weights_record import KEPT_FOLDER, WEIGHTS_FILE, kept_step_folder, kept_steps_file
from .enhance import enhance
from .score import SCORE_COLUMNS, score
from .segment import segment

# Images and masks of the checkpoint in work. They are removed at the end: kept weights give them again, and those of
# all checkpoints would be most of what a run holds.
WORK_FOLDER = "scoring"


def score_checkpoints(
    settings: Settings,
    score_settings: Mapping[str, Any],
    run: Mapping[str, Any],
    manifest: Manifest,
    folder: Path,
    *,
    count: int,
    segmenter: tuple[Settings, Path] | None,
) -> None:
    """Write ``checkpoints/scores.csv``: the lines of ``scores.csv`` for each kept checkpoint, with its ``step``.

    Args:
        settings: Of the training.
        score_settings: As :func:`sspbench.stages.score.score` takes them.
        run: The first columns.
        manifest: The prepared data.
        folder: The run's folder.
        count: How many checkpoints the config keeps.
        segmenter: Settings and weights of the segmenter; None without one.

    Raises:
        UserError: the training kept none, or another number.
    """
    job = JobRecorder("score_checkpoints", dict(score_settings))
    kept, work = folder / KEPT_FOLDER, folder / KEPT_FOLDER / WORK_FOLDER
    fields = manifest.companion_by_stem("testA", "testA_fov")
    steps = _read_kept_steps(folder, count)
    with (
        replace_atomically(kept / SCORES_FILE) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        table = csv.writer(stream, lineterminator="\n")
        table.writerow([*SCORE_COLUMNS, "step"])
        for step in steps:
            enhance(settings, manifest, work, kept_step_folder(folder, step) / WEIGHTS_FILE)
            if segmenter is not None:
                segment(*segmenter, work, fields)
            score(score_settings, run, manifest, work, is_segmented=segmenter is not None, with_definitions=False)
            with (work / SCORES_FILE).open(encoding="utf-8", newline="") as scored:
                table.writerows([*line, step] for line in islice(csv.reader(scored), 1, None))
    write_json(kept / SCORE_RECORD, job.record(steps=steps, data=manifest.digest, **hash_score_tables(kept)))
    shutil.rmtree(work)


def _read_kept_steps(folder: Path, count: int) -> list[int]:
    path = kept_steps_file(folder, count)
    if not path.is_file():
        hint = f"train it with them: --config checkpoints={count or 5}"
        raise UserError("The training of this run kept no such checkpoints", where=str(folder), hint=hint)
    steps: list[int] = read_json(path)["steps"]
    return steps
