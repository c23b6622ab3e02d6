"""Reads a run's ``scores.csv`` as a frame: rejects a file of another form and names it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals

from sspbench.errors import UserError
from sspbench.jobs.scores_record import LOW_FOLDER, SCORES_FILE, reject_changed_table
from sspbench.releases.score_files import LONG_COLUMNS

from .paper import PRIMARY_MEASURE
from .statistics.summary import iter_grids

TEXT_COLUMNS = tuple(name for name in LONG_COLUMNS if name not in ("seed", "value"))

# Lines of a CSV file that are parsed at once: the parser takes ten times the memory of what it returns.
CHUNK_LINES = 8192


def read_run_scores(path: Path) -> pd.DataFrame:
    """Return the scores of a run, one line per value, NaN where undefined; texts as categories.

    Raises:
        UserError: the file cannot be read, has other columns, has values that are not numbers, or was
            changed after scoring wrote it.
    """
    reject_changed_table(path)
    try:
        frame = read_long_table(path, TEXT_COLUMNS)
        missing = [name for name in LONG_COLUMNS if name not in frame]
        if missing:
            raise ValueError(f"it has no column {', '.join(missing)}")
        if not frame.empty and not (pd.api.types.is_integer_dtype(frame["seed"]) and (frame["seed"] >= 0).all()):
            raise ValueError("a seed is not a whole number from 0 up")
        return frame
    except ValueError as error:
        hint = "remove it and run the workflow again: it computes the scores"
        raise UserError("A file of scores cannot be read", where=str(path), why=str(error), hint=hint) from error


def read_long_table(path: Path, texts: Iterable[str]) -> pd.DataFrame:
    """Return a CSV file of one ``value`` (float, NaN where undefined) per line.

    Args:
        path: The file.
        texts: Columns of text, which are returned as categories: few texts in many lines take a byte or two each.

    Raises:
        ValueError: the file has another form.
    """
    types = dict.fromkeys(texts, "category")
    with pd.read_csv(
        path, dtype=types, keep_default_na=False, na_values={"value": ["nan"]}, chunksize=CHUNK_LINES
    ) as chunks:
        frame = join_scores(list(chunks))
    return frame.astype({"value": float}) if "value" in frame else frame


def join_scores(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the lines of several frames of scores as one frame; ``pd.concat`` makes texts of categories that differ.

    Args:
        frames: At least one; columns that not all of them have are left out. They lose their columns, so that memory
            holds each column twice at most, and never the whole.
    """
    frames = [frame for frame in frames if len(frame)] or frames[:1]
    if len(frames) == 1:
        return frames[0]
    shared = [str(name) for name in frames[0] if all(name in frame for frame in frames)]
    columns: dict[str, Any] = {name: _join_column([frame.pop(name) for frame in frames]) for name in shared}
    return pd.DataFrame(columns, copy=False)


def _join_column(parts: list[pd.Series]) -> Any:
    is_category = isinstance(parts[0].dtype, pd.CategoricalDtype)
    return union_categoricals(parts, sort_categories=True) if is_category else pd.concat(parts, ignore_index=True)


def read_low_grids(folders: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Return Dice under the segmenter trained on LQ images: by row as (images, seeds); empty without that control.

    Runs whose folders hold no such scores are passed over.
    """
    paths = (folder / LOW_FOLDER / SCORES_FILE for folder in folders)
    frames = [read_run_scores(path) for path in paths if path.is_file()]
    if not frames:
        return {}
    scores = join_scores(frames)
    found = iter_grids(scores[scores["metric"] == PRIMARY_MEASURE])
    return {row: grid for _, rows in found for row, grid in rows.items()}
