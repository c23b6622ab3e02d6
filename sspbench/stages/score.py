"""Score the saved 8-bit images and masks of one run: one tidy file, one line a value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import MetricFamily, ScoringBatch
from ..errors import UserError
from ..files import read_json, write_json, write_text
from ..images.grey import read_grey
from ..images.manifest import Manifest
from ..jobs.progress import progress
from ..jobs.provenance import Job
from ..plan.discovery import metric_families
from .outputs import sealed

COLUMNS = ("dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note")
CHUNK = 4
"""Images scored at once: a chunk stays in the cache, and memory does not grow with the data set."""


def score(settings: Mapping[str, Any], run: Mapping[str, Any], manifest: Manifest, folder: Path) -> None:
    """Write ``scores.csv``, then ``run.json`` with the provenance of all stages.

    Args:
        settings: ``metrics`` (options by family) and ``field_um``.
        run: ``dataset``, ``preset``, ``method``, ``variant``, ``seed``: the first columns.
        manifest: The prepared data.
        folder: The run's folder.
    """
    job = Job("score", dict(settings))
    families = metric_families(settings["metrics"])
    names = [path.name for path in sealed(folder / "enhanced")]
    threshold = (read_json(folder / "jobs" / "segment.json").get("threshold") or {}).get("level")
    rows = []
    with progress(total=len(names), label="score", unit="images") as bar:
        for chunk in _chunks(names, manifest):
            batch = _batch(chunk, manifest, folder, settings["field_um"], threshold)
            for family in families.values():
                rows += list(_rows(family, batch, chunk))
            bar.update(len(chunk))
    order = {Path(name).stem: index for index, name in enumerate(names)}
    rows.sort(key=lambda row: order[row[0]])
    first = [run[key] if run[key] is not None else "" for key in COLUMNS[:5]]
    write_text(folder / "scores.csv", _csv([[*first, *row] for row in rows]))
    write_json(folder / "jobs" / "score.json", job.record(images=len(names)))
    stages = ("train", "enhance", "segment", "score")
    parts = {stage: folder / "jobs" / f"{stage}.json" for stage in stages}
    write_json(folder / "run.json", {stage: read_json(path) for stage, path in parts.items() if path.is_file()})


def _chunks(names: list[str], manifest: Manifest) -> Iterator[list[str]]:
    """Group names into chunks of equal image size and equal knowledge of the truth."""
    origins = [_named(manifest.paths("testA"), name) for name in names]
    sizes = {
        Path(e["path"]).stem: (e["height"], e["width"]) for e in manifest.content["images"] if e["split"] == "testA"
    }
    known = zip(manifest.beside(origins, "testA_labels"), manifest.beside(origins, "testA_clean"), strict=True)
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name, origin, (label, clean) in zip(names, origins, known, strict=True):
        groups.setdefault((sizes[origin.stem], label is None, clean is None), []).append(name)
    for group in groups.values():
        for start in range(0, len(group), CHUNK):
            yield group[start : start + CHUNK]


def _batch(names: list[str], manifest: Manifest, folder: Path, field_um: float, threshold: int | None) -> ScoringBatch:
    origins = [_named(manifest.paths("testA"), name) for name in names]
    labels = manifest.beside(origins, "testA_labels")
    clean = manifest.beside(origins, "testA_clean")
    return ScoringBatch(
        image=_stack([folder / "enhanced" / name for name in names]),
        origin=_stack(origins),
        mask=_stack([folder / "masks" / name for name in names]) > 127,
        probability=_stack([folder / "probabilities" / name for name in names]),
        label=None if None in labels else _stack(labels) > 127,
        clean=None if None in clean else _stack(clean),
        field_um=field_um,
        threshold=threshold,
    )


def _named(paths: list[Path], name: str) -> Path:
    stem = Path(name).stem
    return next(path for path in paths if path.stem == stem)


def _stack(paths: list[Path]) -> np.ndarray:
    return np.stack([read_grey(path) for path in paths])


def _rows(family: MetricFamily, batch: ScoringBatch, names: list[str]) -> Iterator[list[str]]:
    if not batch.has(family.needs):
        return
    scores = family.score(batch)
    for measure in family.measures:
        if measure.name not in scores:
            raise UserError(f"A metric family declares {measure.name} but did not score it", where=str(type(family)))
        values, notes = scores[measure.name].values, scores[measure.name].notes or ("",) * len(names)
        for name, value, note in zip(names, values, notes, strict=True):
            if np.isnan(value) and not note:
                raise UserError(f"{measure.name} is NaN without a reason", where=name, hint="give the note")
            yield [Path(name).stem, measure.name, repr(float(value)), note]


def _csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()
