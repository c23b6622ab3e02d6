"""All scores of a run or of a release as one tidy frame: for a notebook, or three lines of pandas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ..errors import UserError
from ..jobs.scores_record import SCORES_FILE
from .release_folder import RELEASE_RECORD, ReleasePart
from .score_files import LONG_COLUMNS, read_long_scores, read_release_scores

RUN_FOLDER_PATTERN = re.compile(r"seed-\d+")

SCORES_FRAME_COLUMNS = ["dataset", "preset", "row", "method", "variant", "seed", "image", "metric", "value", "note"]


def load_scores(place: str | Path) -> pd.DataFrame:
    """Return every score below a folder.

    Args:
        place: ``results/<data set>/<preset>``, ``results/published/<release>``, or any folder within or above them
            (a results folder's own releases are left out where it is the place).

    Returns:
        One line per value: ``dataset``, ``preset``, ``row`` (``method`` or ``method+variant``), ``method``,
        ``variant``, ``seed`` (int), ``image``, ``metric``, ``value`` (float, NaN where undefined), ``note`` (why).

    Raises:
        UserError: the folder has no scores, or a file of them has another form.
    """
    folder = Path(place)
    lines = [*_published_lines(folder), *_computed_lines(folder)]
    if not lines:
        hint = "give results/<data set>/<preset> of a run, or results/published/<release>"
        raise UserError("No scores found", where=str(folder), hint=hint)
    frame = pd.DataFrame(lines, columns=list(LONG_COLUMNS))
    joined = frame["method"] + "+" + frame["variant"]
    row = frame["method"].where(frame["variant"] == "", joined)
    typed = frame.assign(row=row, seed=frame["seed"].astype(int), value=frame["value"].astype(float))
    return typed[SCORES_FRAME_COLUMNS]


def _published_lines(folder: Path) -> Iterator[list[str]]:
    own = [folder / RELEASE_RECORD] if (folder / RELEASE_RECORD).is_file() else []
    for record in own or sorted(folder.glob(f"*/*/{RELEASE_RECORD}")):
        part = ReleasePart(record.parent)
        facts = part.record
        for lines in read_release_scores(part, (str(facts["dataset"]["id"]), str(facts["preset"]))).values():
            yield from lines


def _computed_lines(folder: Path) -> Iterator[list[str]]:
    """Yield the scores of runs; those of checkpoints and of the control's segmenter lie deeper and are left out."""
    for path in sorted(folder.rglob(SCORES_FILE)):
        if RUN_FOLDER_PATTERN.fullmatch(path.resolve().parent.name):
            for line in read_long_scores(path):
                yield [line[name] for name in LONG_COLUMNS]
