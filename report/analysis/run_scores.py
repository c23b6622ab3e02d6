"""Reads a run's ``scores.csv`` as a frame: rejects a file of another form and names it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from sspbench.errors import UserError
from sspbench.jobs.scores_record import LOW_FOLDER, SCORES_FILE, reject_changed_table
from sspbench.releases.score_files import LONG_COLUMNS

from .paper import PRIMARY_MEASURE
from .statistics.summary import iter_grids

TEXT_COLUMN_TYPES = dict.fromkeys((name for name in LONG_COLUMNS if name not in ("seed", "value")), str)


def read_run_scores(path: Path) -> pd.DataFrame:
    """Return the scores of a run, one line per value, NaN where undefined.

    Raises:
        UserError: the file cannot be read, has other columns, has values that are not numbers, or was
            changed after scoring wrote it.
    """
    reject_changed_table(path)
    try:
        frame: pd.DataFrame = pd.read_csv(
            path, dtype=TEXT_COLUMN_TYPES, keep_default_na=False, na_values={"value": ["nan"]}
        )
        missing = [name for name in LONG_COLUMNS if name not in frame]
        if missing:
            raise ValueError(f"it has no column {', '.join(missing)}")
        if not frame.empty and not (pd.api.types.is_integer_dtype(frame["seed"]) and (frame["seed"] >= 0).all()):
            raise ValueError("a seed is not a whole number from 0 up")
        return frame.astype({"value": float})
    except ValueError as error:
        raise UserError(
            "A file of scores cannot be read",
            where=str(path),
            why=str(error),
            hint="remove it and run the workflow again: it computes the scores",
        ) from error


def read_low_grids(folders: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Return Dice under the segmenter trained on LQ images: by row as (images, seeds); empty without that control.

    Args:
        folders: The folders of runs; those without such scores are passed over.
    """
    paths = (folder / LOW_FOLDER / SCORES_FILE for folder in folders)
    frames = [read_run_scores(path) for path in paths if path.is_file()]
    if not frames:
        return {}
    scores = pd.concat(frames, ignore_index=True)
    found = iter_grids(scores[scores["metric"] == PRIMARY_MEASURE])
    return {row: grid for _, rows in found for row, grid in rows.items()}
