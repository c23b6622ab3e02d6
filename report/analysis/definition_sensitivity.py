"""Definition sensitivity: what each row would print under other definitions of the same no-reference measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sspbench.errors import UserError
from sspbench.jobs.scores_record import reject_changed_table
from sspbench.stages.definitions import DEFINITION_COLUMNS

from .run_scores import read_long_table

SENSITIVITY_COLUMNS = ["run", "definition", "scale", "n", "n_nan", "mean", "sd", "note"]


def summarise_definitions(files: Mapping[str, Path]) -> pd.DataFrame:
    """Summarise the ``definitions.csv`` of every row.

    Args:
        files: The file of each row of the tables.

    Returns:
        run, definition, scale, n (values), n_nan, mean, sd (over images, divisor n - 1), note (why values are missing).

    Raises:
        UserError: a file cannot be read.
    """
    found = {run: read_definitions(path) for run, path in files.items()}
    names, scales = (_list_values(found.values(), column) for column in ("definition", "scale"))
    lines = []
    for run, frame in found.items():
        for name in names:
            for scale in scales:
                part = frame[(frame["definition"] == name) & (frame["scale"] == scale)]
                line = {"run": run, "definition": name, "scale": scale, **_summarise_values(part["value"].tolist())}
                lines.append(line | {"note": "; ".join(sorted(set(part["note"]) - {""}))})
    return pd.DataFrame(lines, columns=SENSITIVITY_COLUMNS)


def _list_values(frames: Iterable[pd.DataFrame], column: str) -> list[str]:
    """Return the values of a column in the order of their first lines."""
    return list(dict.fromkeys(value for frame in frames for value in frame[column].unique()))


def read_definitions(path: Path) -> pd.DataFrame:
    """Return a run's ``definitions.csv``, NaN where a value is undefined; texts as categories.

    Raises:
        UserError: the file cannot be read, has other columns, or was changed after scoring wrote it.
    """
    reject_changed_table(path)
    try:
        frame = read_long_table(path, ("image", "definition", "scale", "note"))
        if tuple(frame.columns) != DEFINITION_COLUMNS:
            raise ValueError(f"its columns are {', '.join(frame.columns)}, not {', '.join(DEFINITION_COLUMNS)}")
        return frame
    except ValueError as error:
        hint = "remove it and rerun the workflow, which scores the run again"
        raise UserError("Cannot read a run's definitions.csv", where=str(path), why=str(error), hint=hint) from error


def _summarise_values(values: Sequence[float]) -> dict[str, float | int]:
    known = np.array([value for value in values if np.isfinite(value)])
    return {
        "n": len(known),
        "n_nan": len(values) - len(known),
        "mean": float(known.mean()) if len(known) else np.nan,
        "sd": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
    }
