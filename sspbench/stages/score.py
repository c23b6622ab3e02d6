"""Score the saved 8-bit images and masks of one run: one tidy file, one line per value."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import MetricFamily, ScoringBatch
from ..errors import UserError
from ..files import read_json, replace_atomically, write_json
from ..images.grey import read_grey
from ..images.manifest import Manifest
from ..jobs.progress import progress_bar
from ..jobs.provenance import JobRecorder
from ..plugins.discovery import load_metric_families
from .definitions import ScoredLine, collect_definitions, score_definitions, write_definitions
from .image_folders import verified_images

SCORE_COLUMNS = ("dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note")
MAX_CHUNK_IMAGES = 4
"""Images scored at once: a chunk stays in the cache, and memory does not grow with the data set."""


def score(
    settings: Mapping[str, Any], run: Mapping[str, Any], manifest: Manifest, folder: Path, with_definitions: bool = True
) -> None:
    """Write ``scores.csv`` and ``definitions.csv``, then ``run.json`` with the provenance of all stages.

    Args:
        settings: ``metrics`` (options by family) and ``field_um``.
        run: ``dataset``, ``preset``, ``method``, ``variant``, ``seed``: the first columns.
        manifest: The prepared data.
        folder: The run's folder.
        with_definitions: Whether to score the rival definitions, which the tables show of a row's first seed; else
            ``definitions.csv`` has no lines.
    """
    job = JobRecorder("score", dict(settings))
    families = load_metric_families(settings["metrics"])
    names = [path.name for path in verified_images(folder / "enhanced")]
    scenes = _find_scenes(manifest)
    threshold = (read_json(folder / "jobs" / "segment.json").get("threshold") or {}).get("level")
    first = [run[key] if run[key] is not None else "" for key in SCORE_COLUMNS[:5]]
    with (
        progress_bar(total=len(names), label="score", unit="images") as bar,
        replace_atomically(folder / "scores.csv") as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(SCORE_COLUMNS)
        for chunk in _split_into_chunks(names, scenes):
            batch = _load_batch(chunk, scenes, folder, settings["field_um"], threshold)
            rows = [row for family in families.values() for row in _score_rows(family, batch, chunk)]
            for name in chunk:
                table.writerows([*first, *row] for row in rows if row[0] == Path(name).stem)
            bar.update(len(chunk))
    write_definitions(
        folder / "definitions.csv", _score_rivals(families, manifest, folder, names) if with_definitions else ()
    )
    write_json(folder / "jobs" / "score.json", job.record(images=len(names)))
    stages = ("train", "enhance", "segment", "score")
    parts = {stage: folder / "jobs" / f"{stage}.json" for stage in stages}
    write_json(folder / "run.json", {stage: read_json(path) for stage, path in parts.items() if path.is_file()})


def _score_rivals(
    families: Mapping[str, MetricFamily], manifest: Manifest, folder: Path, names: list[str]
) -> list[ScoredLine]:
    """Return the images' values under the rival definitions; the HQ training images fit those that need a model."""
    good = [read_grey(path) for path in manifest.image_paths("trainB")]
    definitions = collect_definitions(families, good)
    return list(score_definitions([folder / "enhanced" / name for name in names], definitions))


@dataclass(frozen=True)
class _Scene:
    """What is known of a test image."""

    origin: Path
    size: tuple[int, int]
    label: Path | None
    clean: Path | None


def _find_scenes(manifest: Manifest) -> dict[str, _Scene]:
    """Return the test images by stem, looked up once: a manifest is searched from end to end each time it is asked."""
    origins = manifest.image_paths("testA")
    sizes = {entry["path"]: (entry["height"], entry["width"]) for entry in manifest.content["images"]}
    known = zip(
        origins,
        manifest.find_companions(origins, "testA_labels"),
        manifest.find_companions(origins, "testA_clean"),
        strict=True,
    )
    return {
        origin.stem: _Scene(origin, sizes[origin.relative_to(manifest.folder).as_posix()], label, clean)
        for origin, label, clean in known
    }


def _split_into_chunks(names: list[str], scenes: Mapping[str, _Scene]) -> Iterator[list[str]]:
    """Cut names, as they come, into chunks of equal image size and equal knowledge of the truth."""

    def kind(name: str) -> tuple[tuple[int, int], bool, bool]:
        scene = scenes[Path(name).stem]
        return scene.size, scene.label is None, scene.clean is None

    for _, group in groupby(names, kind):
        while chunk := list(islice(group, MAX_CHUNK_IMAGES)):
            yield chunk


def _load_batch(
    names: list[str], scenes: Mapping[str, _Scene], folder: Path, field_um: float, threshold: int | None
) -> ScoringBatch:
    shown = [scenes[Path(name).stem] for name in names]
    labels, clean = _all_or_none([scene.label for scene in shown]), _all_or_none([scene.clean for scene in shown])
    return ScoringBatch(
        image=_load_stack([folder / "enhanced" / name for name in names]),
        origin=_load_stack([scene.origin for scene in shown]),
        mask=_load_stack([folder / "masks" / name for name in names]) > 127,
        probability=_load_stack([folder / "probabilities" / name for name in names]),
        label=None if labels is None else _load_stack(labels) > 127,
        clean=None if clean is None else _load_stack(clean),
        field_um=field_um,
        threshold=threshold,
    )


def _all_or_none(paths: list[Path | None]) -> list[Path] | None:
    """Return the paths if all are there; of one chunk either all are or none."""
    found = [path for path in paths if path is not None]
    return found if len(found) == len(paths) else None


def _load_stack(paths: list[Path]) -> np.ndarray:
    return np.stack([read_grey(path) for path in paths])


def _score_rows(family: MetricFamily, batch: ScoringBatch, names: list[str]) -> Iterator[list[str]]:
    if not batch.has(family.needs):
        return
    scores = family.score(batch)
    for measure in family.measures:
        if measure.name not in scores:
            hint = "return Scores for every measure that the class declares"
            where = type(family).__module__
            raise UserError(f"A metric family declares {measure.name} but did not score it", where=where, hint=hint)
        values, notes = scores[measure.name].values, scores[measure.name].notes or ("",) * len(names)
        for name, value, note in zip(names, values, notes, strict=True):
            if np.isnan(value) and not note:
                raise UserError(f"{measure.name} is NaN without a reason", where=name, hint="give the note")
            yield [Path(name).stem, measure.name, repr(float(value)), note]
