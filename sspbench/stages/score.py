"""Score the saved 8-bit images and masks of one run: one tidy file, one line per value."""

from __future__ import annotations

import csv
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import MetricFamily, Scores, ScoringBatch
from ..errors import UserError
from ..files import read_json, replace_atomically, write_json
from ..images.field_of_view import erode_field_of_view
from ..images.manifest import Manifest
from ..images.pictures import read_grey, read_rgb
from ..jobs.image_folders import verified_images, verify_splits
from ..jobs.progress import progress_bar
from ..jobs.provenance import JobRecorder
from ..jobs.scores_record import DEFINITIONS_FILE, LOW_FOLDER, SCORE_RECORD, SCORES_FILE, hash_score_tables
from ..plugins.metric_families import load_metric_families
from ..workflow.code_digests import digest_metric_families
from .definitions import (
    ScoredLine,
    collect_definitions,
    load_or_fit_constants,
    score_definitions,
    write_definitions,
)

SCORE_COLUMNS = ("dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note")
# Images scored at once: a chunk stays in the cache, and memory does not grow with the data set.
MAX_CHUNK_IMAGES = 4


def score(
    settings: Mapping[str, Any],
    run: Mapping[str, Any],
    manifest: Manifest,
    folder: Path,
    *,
    is_segmented: bool = True,
    with_definitions: bool = True,
) -> None:
    """Write ``scores.csv`` and ``definitions.csv``, then ``run.json`` with the provenance of all stages.

    Args:
        settings: ``metrics`` (options by family), ``structure``, ``color`` (grey where it is not given), and
            ``field_um`` for images of unknown scale.
        run: ``dataset``, ``preset``, ``method``, ``variant``, ``seed``: the first columns.
        manifest: The prepared data.
        folder: The run's folder.
        is_segmented: Whether there are masks; without them only what needs none is scored.
        with_definitions: Whether to score the rival definitions, which the tables show of a row's first seed; else
            ``definitions.csv`` has no lines.
    """
    job = JobRecorder("score", dict(settings))
    color = settings.get("color", "grey")
    families = load_metric_families(settings["metrics"], settings["structure"], color)
    verify_splits(manifest, "testA", "testA_labels", "testA_clean", "testA_fov")
    enhanced = verified_images(folder / "enhanced")
    names = [path.name for path in enhanced]
    for made in ("masks", "probabilities") if is_segmented else ():
        verified_images(folder / made)
    _write_lines(settings, run, manifest, families, names, folder, folder if is_segmented else None)
    digests = digest_metric_families(settings["metrics"])
    rivals = _score_rivals(families, digests, manifest, enhanced) if with_definitions else ()
    write_definitions(folder / DEFINITIONS_FILE, rivals)
    known = {"degradations": manifest.degradation_by_stem(), "subjects": manifest.subject_by_stem("testA")}
    facts = {
        "images": len(names),
        "is_scale_known": manifest.is_scale_known,
        **hash_score_tables(folder),
        **{fact: by_stem for fact, by_stem in known.items() if by_stem},
        "data": manifest.digest,
        "metric_code": digests,
    }
    write_json(folder / SCORE_RECORD, job.record(**facts))
    stages = ("train", "enhance", *(("segment",) if is_segmented else ()), "score")
    parts = {stage: folder / "jobs" / f"{stage}.json" for stage in stages}
    write_json(folder / "run.json", {stage: read_json(path) for stage, path in parts.items() if path.is_file()})


def score_low(settings: Mapping[str, Any], run: Mapping[str, Any], manifest: Manifest, folder: Path) -> None:
    """Write ``low/scores.csv``: the measures of Table 2 under the segmenter that was trained on LQ images.

    Takes what :func:`score` does; the folder ``low`` of the run's holds the masks of that segmenter.
    """
    job = JobRecorder("score", dict(settings))
    color = settings.get("color", "grey")
    verify_splits(manifest, "testA", "testA_labels", "testA_fov")
    names = [path.name for path in verified_images(folder / "enhanced")]
    for made in ("masks", "probabilities"):
        verified_images(folder / LOW_FOLDER / made)
    families = {
        name: family
        for name, family in load_metric_families(settings["metrics"], settings["structure"], color).items()
        if any(measure.table == "segmentation" for measure in family.measures)
    }
    _write_lines(settings, run, manifest, families, names, folder, folder / LOW_FOLDER)
    facts = {"images": len(names), "data": manifest.digest, **hash_score_tables(folder / LOW_FOLDER)}
    write_json(folder / LOW_FOLDER / SCORE_RECORD, job.record(**facts))


def _write_lines(
    settings: Mapping[str, Any],
    run: Mapping[str, Any],
    manifest: Manifest,
    families: Mapping[str, MetricFamily],
    names: Sequence[str],
    folder: Path,
    segmented: Path | None,
) -> None:
    """Write one line per value into ``scores.csv``, beside the masks where there are any; LQ masks mark their lines."""
    scenes = _find_scenes(manifest)
    threshold = None if segmented is None else _read_threshold(segmented)
    first = [run[key] if run[key] is not None else "" for key in SCORE_COLUMNS[:5]]
    mark = ["low"] if segmented is not None and segmented != folder else []
    with (
        progress_bar(total=len(names), label="score", unit="images") as bar,
        replace_atomically((segmented or folder) / SCORES_FILE) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        table = csv.writer(stream, lineterminator="\n")
        table.writerow([*SCORE_COLUMNS, *(["segmenter"] if mark else [])])
        for chunk in _split_into_chunks(names, scenes):
            batch = _load_batch(chunk, scenes, folder, settings["field_um"])
            if settings.get("color", "grey") == "rgb":
                batch = _add_colours(batch, chunk, scenes, folder)
            if segmented is not None:
                batch = _add_masks(batch, chunk, segmented, threshold)
            rows = [row for family in families.values() for row in _score_rows(family, batch, chunk)]
            for name in chunk:
                table.writerows([*first, *row, *mark] for row in rows if row[0] == Path(name).stem)
            bar.update(len(chunk))


def _read_threshold(folder: Path) -> int | None:
    """Return the level that the segmenter's training chose, None where it chose none."""
    level: int | None = (read_json(folder / "jobs" / "segment.json").get("threshold") or {}).get("level")
    return level


def _score_rivals(
    families: Mapping[str, MetricFamily], digests: Mapping[str, str], manifest: Manifest, enhanced: list[Path]
) -> Iterator[ScoredLine]:
    """Return the images' values under the rival definitions; the HQ training images fit those that need a model."""
    definitions = collect_definitions(families, load_or_fit_constants(families, digests, manifest))
    fields = manifest.companion_by_stem("testA", "testA_fov")
    return score_definitions(enhanced, definitions, fields=fields)


@dataclass(frozen=True)
class _Scene:
    """What is known of a test image."""

    origin: Path
    size: tuple[int, int]
    label: Path | None
    clean: Path | None
    fov: Path | None
    um_per_px: float | None


def _find_scenes(manifest: Manifest) -> dict[str, _Scene]:
    """Return the test images by stem, all at once: each search of a manifest reads it from end to end."""
    label, clean, fov = (manifest.companion_by_stem("testA", f"testA_{kind}") for kind in ("labels", "clean", "fov"))
    found = {}
    for entry in manifest.list_entries("testA"):
        origin, size = manifest.folder / entry["path"], (entry["height"], entry["width"])
        stem = origin.stem
        found[stem] = _Scene(origin, size, label[stem], clean[stem], fov[stem], entry.get("um_per_px"))
    return found


def _split_into_chunks(names: Sequence[str], scenes: Mapping[str, _Scene]) -> Iterator[list[str]]:
    """Cut names, as they come, into chunks of equal image size and scale and equal knowledge of the truth."""

    def kind(name: str) -> tuple[tuple[int, int], float | None, bool, bool, bool]:
        scene = scenes[Path(name).stem]
        return scene.size, scene.um_per_px, scene.label is None, scene.clean is None, scene.fov is None

    for _, group in groupby(names, kind):
        while chunk := list(islice(group, MAX_CHUNK_IMAGES)):
            yield chunk


def _load_batch(names: list[str], scenes: Mapping[str, _Scene], folder: Path, field_um: float | None) -> ScoringBatch:
    shown = [scenes[Path(name).stem] for name in names]
    if shown[0].um_per_px is not None:
        field_um = shown[0].um_per_px * shown[0].size[1]
    labels, clean, fields = (
        _all_or_none([getattr(scene, known) for scene in shown]) for known in ("label", "clean", "fov")
    )
    fov = None if fields is None else _load_stack(fields) > 127
    return ScoringBatch(
        image=_load_stack([folder / "enhanced" / name for name in names]),
        origin=_load_stack([scene.origin for scene in shown]),
        label=None if labels is None else _keep_inside(_load_stack(labels) > 127, fov),
        clean=None if clean is None else _load_stack(clean),
        fov=fov,
        inner_fov=None if fov is None else np.stack([erode_field_of_view(mask) for mask in fov]),
        field_um=field_um,
    )


def _add_colours(batch: ScoringBatch, names: list[str], scenes: Mapping[str, _Scene], folder: Path) -> ScoringBatch:
    clean = _all_or_none([scenes[Path(name).stem].clean for name in names])
    return replace(
        batch,
        image_rgb=np.stack([read_rgb(folder / "enhanced" / name) for name in names]),
        clean_rgb=None if clean is None else np.stack([read_rgb(path) for path in clean]),
    )


def _add_masks(batch: ScoringBatch, names: list[str], folder: Path, threshold: int | None) -> ScoringBatch:
    masks, maps = (_load_stack([folder / kind / name for name in names]) for kind in ("masks", "probabilities"))
    mask, probability = _keep_inside(masks > 127, batch.fov), _keep_inside(maps, batch.fov)
    return replace(batch, mask=mask, probability=probability, threshold=threshold)


def _keep_inside(stack: np.ndarray, fov: np.ndarray | None) -> np.ndarray:
    """Return a stack that is 0 outside the field of view."""
    return stack if fov is None else stack * fov


def _all_or_none(paths: list[Path | None]) -> list[Path] | None:
    """Return the paths if all are there; of one chunk either all are or none."""
    found = [path for path in paths if path is not None]
    return found if len(found) == len(paths) else None


def _load_stack(paths: list[Path]) -> np.ndarray:
    return np.stack([read_grey(path) for path in paths])


def _score_rows(family: MetricFamily, batch: ScoringBatch, names: list[str]) -> Iterator[list[str]]:
    if not batch.has(family.needs):
        return
    scores = _score_tolerantly(family, batch)
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


def _score_tolerantly(family: MetricFamily, batch: ScoringBatch) -> dict[str, Scores]:
    """Return a family's scores; an image on which it raises has NaN with the error as the reason."""
    try:
        return family.score(batch)
    except (UserError, MemoryError, OSError):  # not the metric's: the time budget, the machine
        raise
    except Exception:
        traceback.print_exc()
        singles = [_score_or_explain(family, _pick_image(batch, place)) for place in range(len(batch.image))]
    return {name: _join_scores([single[name] for single in singles if name in single]) for name in singles[0]}


def _score_or_explain(family: MetricFamily, batch: ScoringBatch) -> dict[str, Scores]:
    try:
        return family.score(batch)
    except (UserError, MemoryError, OSError):
        raise
    except Exception as error:
        reason = " ".join(f"failed: {type(error).__name__}: {error}".split())
        undefined = Scores(np.array([np.nan]), (reason,))
        return {measure.name: undefined for measure in family.measures}


def _pick_image(batch: ScoringBatch, place: int) -> ScoringBatch:
    """Return the batch of one image of a batch."""
    values = {item.name: getattr(batch, item.name) for item in fields(batch)}
    stacks = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    picked: dict[str, Any] = {name: stack[place : place + 1] for name, stack in stacks.items()}
    return replace(batch, **picked)


def _join_scores(parts: Sequence[Scores]) -> Scores:
    notes = tuple(note for part in parts for note in part.notes or ("",) * len(part.values))
    return Scores(np.concatenate([part.values for part in parts]), notes)
