"""The table of definition sensitivity: every row's quality under other definitions of the same measures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..analysis.definition_sensitivity import summarise_definitions
from ..analysis.results import Results
from .frame_lines import iter_lines
from .record import Cell, Column, Row, Table

SENSITIVITY_TITLE = "Sensitivity of the no-reference measures to their definition (means; first seed)"


def make_sensitivity_table(results: Results) -> Iterator[Table]:
    """Yield every row's quality under other definitions: first seed of each run that finished."""
    files = {
        row.id: path
        for row in results.rows
        if results.status_text(row) == "done"
        and (path := results.run_folder(row.runs[0]) / "definitions.csv").is_file()
    }
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
