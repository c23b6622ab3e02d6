"""The table of definition sensitivity: what each row would print under other definitions of the same measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sspbench.errors import UserError
from sspbench.jobs.scores_record import reject_changed_table
from sspbench.stages.definitions import DEFINITION_COLUMNS

from ..analysis.results import Results
from ..analysis.run_scores import read_long_table
from .record import Cell, Column, Row, Table, iter_lines

SENSITIVITY_TITLE = "Sensitivity of the no-reference measures to their definition (means; first seed)"

SENSITIVITY_COLUMNS = ["run", "definition", "scale", "n", "n_nan", "mean", "sd", "note"]


def make_sensitivity_table(results: Results) -> Iterator[Table]:
    """Yield every row's quality under other definitions: first seed of each run that finished."""
    done = [row for row in results.rows if results.status_text(row) == "done"]
    paths = {row.id: results.run_folder(row.runs[0]) / "definitions.csv" for row in done}
    files = {row: path for row, path in paths.items() if path.is_file()}
    frame, labels = summarise_definitions(files), results.labels
    if frame.empty:
        return
    pairs = list(dict.fromkeys(zip(frame["definition"], frame["scale"], strict=True)))
    columns = tuple(Column(f"{name}@{scale}", f"{name} ({scale})", decimals=3) for name, scale in pairs)
    cells = {(line.run, line.definition, line.scale): _make_cell(line) for line in iter_lines(frame)}
    rows = tuple(Row(row, labels[row], tuple(cells[row, *pair] for pair in pairs)) for row in files)
    notes = tuple(
        f"{line.definition} ({line.scale}), {labels[line.run]}: {line.note}"
        for line in iter_lines(frame[frame["note"] != ""])
    )
    yield Table("definition_sensitivity", SENSITIVITY_TITLE, columns, rows, notes=notes, data=frame)


def _make_cell(line: Any) -> Cell:
    return Cell(mean=line.mean, n=int(line.n), missing=int(line.n_nan), seeds=1, note=line.note)


def summarise_definitions(files: Mapping[str, Path]) -> pd.DataFrame:
    """Summarise the ``definitions.csv`` of every row of the tables.

    Returns:
        run, definition, scale, n (values), n_nan, mean, sd (over images, divisor n - 1), note (why values are missing).

    Raises:
        UserError: a file cannot be read.
    """
    found = {run: read_definitions(path) for run, path in files.items()}
    names, scales = (
        list(dict.fromkeys(value for frame in found.values() for value in frame[column].unique()))
        for column in ("definition", "scale")
    )
    lines = [
        {"run": run, "definition": name, "scale": scale, **_summarise_part(frame, name, scale)}
        for run, frame in found.items()
        for name in names
        for scale in scales
    ]
    return pd.DataFrame(lines, columns=SENSITIVITY_COLUMNS)


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


def _summarise_part(frame: pd.DataFrame, name: str, scale: str) -> dict[str, Any]:
    part = frame[(frame["definition"] == name) & (frame["scale"] == scale)]
    values = part["value"].to_numpy()
    known = values[np.isfinite(values)]
    return {
        "n": len(known),
        "n_nan": len(values) - len(known),
        "mean": float(known.mean()) if len(known) else np.nan,
        "sd": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
        "note": "; ".join(sorted(set(part["note"]) - {""})),
    }
