"""Trained runs as the offline page holds them: a checked ONNX model and what the page says about it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config.settings import Settings
from ..errors import UserError
from ..files import read_mapping, sha256
from ..images.enhancement_rules import ENHANCEMENT_RULES
from ..images.white_level import CAMERA_BITS
from ..jobs.outcome import JobError
from ..jobs.weights_record import TRAIN_RECORD
from ..offline_page.page import PageModel
from .named_methods import find_run_weights, limit_tile, load_run_settings
from .onnx_model import make_onnx

MAX_MODEL_BYTES = 25_000_000
SMALL_SCALE_PRESETS = ("demo", "smoke")


def make_possible_page_models(runs: Sequence[Path]) -> list[PageModel]:
    """Return the models of those run folders that can be in a page; say on stderr which cannot, and why.

    Raises:
        UserError: none can.
    """
    models, faults = [], []
    for run in runs:
        try:
            models += make_page_models([run])
        except UserError as error:
            faults.append(error)
    if not models:
        raise faults[0]
    for fault in faults:
        print(f"left out: {fault}", file=sys.stderr)
    return models


def make_page_models(runs: Sequence[Path]) -> list[PageModel]:
    """Return the models of run folders, in their order.

    Raises:
        UserError: a folder holds no trained method, or its network is too large for a page.
        JobError: a network cannot be exported.
    """
    return [_page_model(run) for run in runs]


def _page_model(run: Path) -> PageModel:
    from ..stages.enhance import load_method

    settings, weights = load_run_settings(run), find_run_weights(run)
    _refuse_large(weights.stat().st_size, run)
    try:
        model = make_onnx(load_method(settings, weights), {"method": settings.name, "weights_sha256": sha256(weights)})
    except JobError as error:
        raise UserError(
            f"{_label(settings)} cannot be put into a page", where=str(run), why=str(error), hint="choose another run"
        ) from error
    _refuse_large(len(model.content), run)
    description = {
        **_training_facts(settings, weights.parent),
        "smallest_side": model.smallest_side,
        "channels": settings.channels,
        "rules": {
            **replace(ENHANCEMENT_RULES, tile=limit_tile(settings, ENHANCEMENT_RULES.tile)).as_json(),
            "camera_bits": CAMERA_BITS,
        },
    }
    return PageModel(model.content, description)


def _refuse_large(size: int, run: Path) -> None:
    if size > MAX_MODEL_BYTES:
        raise UserError(
            "The network is too large for a page",
            where=str(run),
            why=f"{size / 1e6:.1f} MB, allowed {MAX_MODEL_BYTES / 1e6:.0f} MB",
            hint="give a run of a narrow network (preset demo), or use: python -m sspbench enhance --weights RUN",
        )


def _training_facts(settings: Settings, run: Path) -> dict[str, Any]:
    record = read_mapping(run / TRAIN_RECORD)
    data = _data_set(run)
    digest = str(record.get("data", ""))[:8]
    return {
        "name": _label(settings),
        "label": f"{_label(settings)} ({data or 'data set not recorded'}, {settings.preset}, seed {settings.seed})",
        "reference": settings.plugin.meta.get("reference", ""),
        "data": f"{data or 'not recorded'}, hash of its images {digest or 'not recorded'}",
        "preset": settings.preset,
        "seed": settings.seed,
        "steps": record.get("steps"),
        "commit": _commit(record),
        "small_scale": settings.preset in SMALL_SCALE_PRESETS,
        "weights_sha256": sha256(run / "weights.safetensors"),
    }


def _label(settings: Settings) -> str:
    meta = settings.plugin.meta
    name = str(meta.get("label", settings.name))
    if settings.variant is None:
        return name
    return str(meta.get("labels", {}).get(settings.variant, f"{name} {settings.variant}"))


def _data_set(run: Path) -> str:
    """Return the data set's name where the run lies in a results folder, else an empty text."""
    parents = run.resolve().parents
    in_results = len(parents) > 3 and parents[1].name == "runs"
    return parents[3].name if in_results else ""


def _commit(record: Mapping[str, Any]) -> str:
    commit = str(record.get("commit") or "not recorded")
    return f"{commit[:12]} with local changes" if record.get("dirty") else commit[:12]
