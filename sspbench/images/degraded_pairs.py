"""Test pairs with truth: good fundus photographs, degraded, beside themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..contract import PrepareRequest
from ..files import write_json
from .fundus_degradation import TYPES, DegradationType, degrade, draw_degradation
from .pictures import write_rgb

PairType = Literal["illumination", "spots", "blur", "all"]

# What a pair can differ by: one type of degradation, or all three together.
PAIR_TYPES: tuple[PairType, ...] = ("illumination", "spots", "blur", "all")


def write_degraded(
    folder: Path, name: str, photograph: np.ndarray, field_of_view: np.ndarray, pair_type: PairType, seed: list[int]
) -> dict[str, Any]:
    """Degrade a photograph and write it into the folder of a split; return what was done by path.

    The photograph is (H, W, 3) uint8, its field of view (H, W) bool; the same seed gives the same picture.
    """
    types: tuple[DegradationType, ...] = TYPES if pair_type == "all" else (pair_type,)
    height, width = field_of_view.shape
    drawn = draw_degradation(np.random.default_rng(seed), height, width, types)
    write_rgb(folder / name, degrade(photograph, field_of_view, drawn))
    return {f"{folder.name}/{name}": drawn.as_json()}


def record_degradations(request: PrepareRequest, degradations: Mapping[str, Mapping[str, Any]]) -> None:
    """Write ``degradations.json``, by path as of :func:`write_degraded`; the manifest keeps each photograph's types."""
    write_json(request.output / "degradations.json", degradations)
    request.record("degradation", {path: ", ".join(drawn["types"]) for path, drawn in degradations.items()})
