"""Rules for a metric family: what it declares is what it scores, and NaN always has a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, get_args

import numpy as np

from ..contract import MetricFamily, Need, Scores, ScoringBatch
from ..errors import Faults, UserError
from ..images.field_of_view import erode_field_of_view
from ..plugins.discovery import find_single_class, import_plugin_module
from ..plugins.metric_families import COLOUR_FIELDS, find_metric_files, load_metric_class
from .findings import Inspection
from .side_effects import SideEffectMonitor
from .synthetic_images import add_colour, draw_fibres

MAX_RELATIVE_DIFFERENCE = 1e-9
"""Largest relative difference of a score computed alone and in a stack."""


def check_family(inspection: Inspection, name: str) -> None:
    """Check ``metrics/<name>.py``."""
    family = None
    with inspection.rule("one class"):
        module = import_plugin_module(f"metrics.{name}", inspection.code)
        family = find_single_class(module, MetricFamily, inspection.code)()
    if family is None:
        return
    with inspection.rule("measures described"):
        _check_measures(family, name)
    monitor = SideEffectMonitor(inspection.code.parent)
    in_colour = bool(family.needs & COLOUR_FIELDS)
    for what, batch in _make_batches(in_colour):
        if batch.has(family.needs):
            with inspection.rule(what):
                with monitor.watch():
                    scores = family.score(batch)
                _check_scores(family, scores, len(batch.image))
    with inspection.rule("input unmodified"):
        _check_unmodified(family, in_colour)
    with inspection.rule("repeatable, each image on its own"):
        _check_independence(family, in_colour)
    monitor.add_findings(inspection)


def _check_measures(family: MetricFamily, name: str) -> None:
    others = {
        measure.name: other
        for other in find_metric_files()
        if other != name
        for measure in load_metric_class(other).measures
    }
    with Faults("The measures are not fully described") as faults:
        for measure in family.measures:
            if not measure.description:
                faults.add(f"{measure.name} has no description", hint="say in a sentence what it is and who defined it")
            if measure.name in others:
                faults.add(f"{measure.name} is also scored by metrics/{others[measure.name]}.py", hint="rename it")
        names = [measure.name for measure in family.measures]
        for double in sorted({entry for entry in names if names.count(entry) > 1}):
            faults.add(f"{double} is declared twice", hint="rename one")
        for need in sorted(family.needs - {field.name for field in fields(ScoringBatch)}):
            faults.add(f"needs names {need!r}", hint=f"it may name {', '.join(get_args(Need))}")


def _make_batch(height: int, width: int, *, in_colour: bool) -> ScoringBatch:
    random = np.random.default_rng(5)
    drawn = [draw_fibres(random, height, width) for _ in range(2)]
    clean = np.stack([picture for picture, _ in drawn])
    label = np.stack([mask for _, mask in drawn])
    noisy = clean.astype(float) + random.normal(0, 8, clean.shape)
    probability = np.where(label, 200, 30) + random.integers(-25, 26, label.shape)
    mask = (probability > 127) ^ (random.random(label.shape) < 0.01)
    image = np.clip(noisy.round(), 0, 255).astype(np.uint8)
    origin = (image // 2).astype(np.uint8)
    batch = ScoringBatch(image, origin, mask, probability.astype(np.uint8), label, clean)
    return _add_colours(batch) if in_colour else batch


def _add_colours(batch: ScoringBatch) -> ScoringBatch:
    image, clean = (np.stack([add_colour(one) for one in stack]) for stack in (batch.image, batch.require("clean")))
    return replace(batch, image_rgb=image, clean_rgb=clean)


def _add_field_of_view(batch: ScoringBatch) -> ScoringBatch:
    """Return a batch whose images are seen in a disc, black outside."""
    height, width = batch.image.shape[1:]
    y, x = np.ogrid[:height, :width]
    disc = np.hypot(y - height / 2, x - width / 2) < 0.45 * min(height, width)
    fov = np.broadcast_to(disc, batch.image.shape)
    cut = {name: stack * (fov[..., None] if stack.ndim == 4 else fov) for name, stack in _list_arrays(batch).items()}
    inner = np.broadcast_to(erode_field_of_view(disc), fov.shape)
    return replace(batch, **cut, fov=fov, inner_fov=inner)


def _make_batches(in_colour: bool) -> Iterator[tuple[str, ScoringBatch]]:
    """Yield ordinary and degenerate batches with what they test."""
    usual = _make_batch(224, 224, in_colour=in_colour)
    yield "ordinary images", usual
    yield "odd size 97 x 61", _make_batch(97, 61, in_colour=in_colour)
    yield "a field of view", _add_field_of_view(usual)
    yield "a field of view in colour", _add_field_of_view(_add_colours(usual))
    for name, level in (("flat images", 127), ("black images", 0), ("white images", 255)):
        same = np.full_like(usual.image, level)
        flat = replace(usual, image=same, origin=same, clean=same)
        yield name, _add_colours(flat) if in_colour else flat
    nothing, everything = np.zeros_like(usual.mask), np.ones_like(usual.mask)
    yield "nothing segmented", replace(usual, mask=nothing, probability=np.zeros_like(usual.image))
    yield "empty label", replace(usual, label=nothing)
    yield "everything segmented", replace(usual, mask=everything, probability=np.full_like(usual.image, 255))
    equal = replace(usual, image=usual.require("clean"), mask=usual.label)
    yield "image equals the truth", _add_colours(equal) if in_colour else equal


def _check_scores(family: MetricFamily, scores: dict[str, Scores], count: int) -> None:
    declared = {measure.name for measure in family.measures}
    if set(scores) != declared:
        raise UserError(
            f"It scores {sorted(set(scores) - declared) or 'nothing'} beyond what it declares and lacks "
            f"{sorted(declared - set(scores)) or 'nothing'}",
            hint="score() returns one entry for each of `measures`, under its name",
        )
    for name, score in scores.items():
        values = np.asarray(score.values)
        if values.shape != (count,) or values.dtype != np.float64:
            raise UserError(
                f"{name} has values of shape {values.shape} and type {values.dtype}",
                hint=f"return ({count},) float64: one value per image",
            )
        if np.isinf(values).any():
            raise UserError(f"{name} is infinite", hint="return NaN and say why in the note")
        notes = score.notes or ("",) * count
        if len(notes) != count or any(np.isnan(value) and not note for value, note in zip(values, notes, strict=False)):
            raise UserError(f"{name} is NaN without a reason", hint="give notes, one text per image, saying why")


def _check_unmodified(family: MetricFamily, in_colour: bool) -> None:
    batch, twin = (_make_batch(97, 61, in_colour=in_colour) for _ in range(2))
    family.score(batch)
    for field in fields(ScoringBatch):
        if not np.array_equal(getattr(batch, field.name), getattr(twin, field.name)):
            raise UserError(f"It changes {field.name} of the batch", hint="work on a copy")


def _check_independence(family: MetricFamily, in_colour: bool) -> None:
    batch = _make_batch(224, 224, in_colour=in_colour)
    together = family.score(batch)
    for index in range(len(batch.image)):
        alone_batch = replace(batch, **{name: stack[index : index + 1] for name, stack in _list_arrays(batch).items()})
        alone = family.score(alone_batch)
        for name, score in together.items():
            pair = score.values[index], alone[name].values[0]
            if not np.isclose(*pair, rtol=MAX_RELATIVE_DIFFERENCE, atol=MAX_RELATIVE_DIFFERENCE, equal_nan=True):
                raise UserError(
                    f"{name} of an image is {pair[0]!r} in a stack and {pair[1]!r} alone",
                    hint="compute each image from itself only, and draw nothing at random",
                )


def _list_arrays(batch: ScoringBatch) -> dict[str, Any]:
    """Return the fields of a batch that hold an array with an image in each line, by name."""
    values = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
