"""The table of definition sensitivity: every row's quality under other definitions of the same measures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sspbench.images.grey import list_images, read_grey
from sspbench.images.manifest import Manifest

from ..analysis.definition_sensitivity import collect_definitions, compute_sensitivity
from ..analysis.results import Results
from .frame_lines import iter_lines
from .record import Cell, Column, Row, Table

SENSITIVITY_TITLE = "Sensitivity of the no-reference measures to their definition (means; first seed)"


def make_sensitivity_table(results: Results) -> Iterator[Table]:
    """Yield every row's quality under other definitions: first seed of each run that ended well."""
    images: dict[str, list[Path]] = {}
    for row in results.rows:
        folder = results.run_folder(row.runs[0]) / "enhanced"
        if results.status_text(row) == "done" and folder.is_dir():
            images[row.id] = list_images(folder)
    chosen = collect_definitions(results.plan.config["metrics"], _read_good_images(results))
    if not images or not chosen:
        return
    frame, labels = compute_sensitivity(images, chosen, processes=results.processes), results.labels
    pairs = list(dict.fromkeys(zip(frame["definition"], frame["scale"], strict=True)))
    columns = tuple(Column(f"{name}@{scale}", f"{name} ({scale})", decimals=3) for name, scale in pairs)
    cells = {(line.run, line.definition, line.scale): _make_cell(line) for line in iter_lines(frame)}
    rows = tuple(Row(row, labels[row], tuple(cells[row, *pair] for pair in pairs)) for row in images)
    notes = tuple(
        f"{line.definition} ({line.scale}), {labels[line.run]}: {line.note}"
        for line in iter_lines(frame[frame["note"] != ""])
    )
    yield Table("definition_sensitivity", SENSITIVITY_TITLE, columns, rows, notes=notes, data=frame)


def _make_cell(line: Any) -> Cell:
    return Cell(mean=line.mean, n=int(line.n), missing=int(line.n_nan), seeds=1, note=line.note)


def _read_good_images(results: Results) -> list[np.ndarray]:
    """Return the HQ training images, where the prepared data are at hand."""
    path = results.plan.layout.manifest
    return [read_grey(image) for image in Manifest.read(path).image_paths("trainB")] if path.is_file() else []
