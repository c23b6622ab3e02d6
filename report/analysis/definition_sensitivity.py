"""Definition sensitivity: what each row would print under other definitions of the same no-reference measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sspbench.errors import UserError
from sspbench.jobs.scores_record import reject_changed_table
from sspbench.stages.definitions import DEFINITION_COLUMNS

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
    whole = pd.concat(found.values(), ignore_index=True) if found else pd.DataFrame(columns=DEFINITION_COLUMNS)
    lines = []
    for run, frame in found.items():
        for name in whole["definition"].unique():
            for scale in whole["scale"].unique():
                part = frame[(frame["definition"] == name) & (frame["scale"] == scale)]
                line = {"run": run, "definition": name, "scale": scale, **_summarise_values(part["value"].tolist())}
                lines.append(line | {"note": "; ".join(sorted(set(part["note"]) - {""}))})
    return pd.DataFrame(lines, columns=SENSITIVITY_COLUMNS)


def read_definitions(path: Path) -> pd.DataFrame:
    """Return a run's ``definitions.csv``, NaN where a value is undefined.

    Raises:
        UserError: the file cannot be read, has other columns, or was changed after scoring wrote it.
    """
    reject_changed_table(path)
    try:
        frame: pd.DataFrame = pd.read_csv(
            path,
            dtype=dict.fromkeys(("image", "definition", "scale", "note"), str),
            keep_default_na=False,
            na_values={"value": ["nan"]},
        )
        if tuple(frame.columns) != DEFINITION_COLUMNS:
            raise ValueError(f"its columns are {', '.join(frame.columns)}, not {', '.join(DEFINITION_COLUMNS)}")
        return frame.astype({"value": float})
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
