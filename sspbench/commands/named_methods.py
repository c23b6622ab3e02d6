"""Runs and classical methods that a command names: their settings, weights and constants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.settings import Settings
from ..errors import UserError
from ..files import read_mapping
from ..jobs.weights_record import WEIGHTS_FILE
from ..plugins.kinds import METHOD_KIND

if TYPE_CHECKING:
    from ..contract import Method


def find_run_weights(run: Path) -> Path:
    """Return the weights file of a run folder; the file itself may be given too."""
    return run if run.suffix == ".safetensors" else run / WEIGHTS_FILE


def load_run_settings(run: Path) -> Settings:
    """Return the settings a method was trained with, without what only its training needs.

    Raises:
        UserError: the folder is not that of a trained method.
    """
    weights = find_run_weights(run)
    settings = Settings.from_run_folder(weights.parent)
    if not weights.is_file():
        hint = "train it to its end: run the workflow again"
        raise UserError("This is not the folder of a trained run", where=str(run), why=f"no {weights}", hint=hint)
    if settings.kind != METHOD_KIND.name:
        raise UserError(
            "This is not a run of an enhancement method", where=str(run), hint="give a run of a learned method"
        )
    return settings.for_inference


def load_classical_settings(entry: str) -> Settings:
    """Return the settings of a classical method, ``name`` or ``name+variant``.

    Raises:
        UserError: it has to be trained, or there is none of that name.
    """
    from ..config.plan import settings_without_plan
    from ..plugins.discovery import get_plugin

    name, _, variant = entry.partition("+")
    found = get_plugin(METHOD_KIND.group, name)
    if found.meta["kind"] != "classical":
        raise UserError(f"{name} is not a classical method", hint="train it, then give --weights RUN")
    return settings_without_plan(found, "paper", variant or None)


def load_named_method(run: Path | None, method: str, device: str) -> tuple[Settings, Method]:
    """Return the settings of a run's method, or of a classical one by its name, and the method, ready to enhance.

    A learned method computes on ``device``, as the engine's key of that name says it.
    """
    from ..stages.enhance import load_method

    if run is None:
        settings = load_classical_settings(method)
        return settings, load_method(settings, None)
    record = run / "jobs" / "enhance.json"
    job = read_mapping(record) if record.is_file() else {}
    if "fitted" in job:  # by a classical method
        settings = Settings.from_json(job.get("settings"), str(record))
        return settings, load_method(settings, None, job["fitted"])
    settings = load_run_settings(run)
    settings = replace(settings, engine=replace(settings.engine, device=device))
    return settings, load_method(settings, find_run_weights(run))


def limit_tile(settings: Settings, tile: int) -> int:
    """Return the side of tiles for a method: ``tile`` where it is local, 0 where it sees the whole picture."""
    return tile if settings.plugin.meta.get("local", False) else 0
