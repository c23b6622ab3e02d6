"""Corneal nerve morphometry as clinicians use it, and its error against the label's own values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import make_notes_where
from .nerves.branches import (
    SkeletonBranches,
    build_skeleton_graph,
    count_branch_points,
    cut_into_branches,
    label_components,
    remove_spurs,
)
from .nerves.path_length import find_bridges, smooth_links
from .nerves.skeleton import skeletonize_masks

DEFAULT_LIMITS_UM = {"spur_um": 10.0, "nerve_um": 50.0, "branch_um": 20.0, "gap_um": 20.0}

LIMIT_DESCRIPTIONS = {
    "spur_um": "shortest side branch that is kept, in micrometres",
    "nerve_um": "shortest nerve that is counted, in micrometres",
    "branch_um": "shortest branch whose tortuosity is measured, in micrometres",
    "gap_um": "widest gap within one nerve, in micrometres",
}

_QUANTITIES = {
    "cnfl": ("CNFL", "mm/mm²", 2, "Corneal nerve fibre length: length of all centrelines per area of the field"),
    "nerve_count": (
        "Nerves",
        "1/mm²",
        2,
        "Separate nerves of at least 50 µm per area, pieces that face each other across up to 20 µm counted as one; "
        "not the clinical CNFD, for which an observer tells main fibres from branches",
    ),
    "cnbd": ("CNBD", "1/mm²", 2, "Corneal nerve branch density: branch points per area"),
    "nerve_width": ("Width", "µm", 2, "Mean nerve width: segmented area divided by centreline length"),
    "tortuosity": ("Tortuosity", "", 4, "Length of the branches of at least 20 µm divided by that of their chords"),
}
_METHOD_NOTE = "; centrelines by scikit-image, side branches under 10 µm removed, lengths along smoothed paths."
_UNDEFINED_REASONS = {
    "nerve_width": "no centreline is longer than the nerve is wide",
    "tortuosity": "no nerve branch is long enough",
}


def measure_morphometry(
    mask: np.ndarray, field_um: float | None, options: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Measure the nerves of one mask.

    The centrelines are those of ``skeletonize`` without side branches shorter than ``spur_um``; lengths are taken along
    sub-pixel paths (:func:`metrics.nerves.path_length.smooth_links`), which have no preferred direction.

    Args:
        mask: (H, W) bool.
        field_um: Width of the field in micrometres; pixels are square. None: unknown, a pixel counts as 1 µm.
        options: ``spur_um`` (10), ``nerve_um`` (50), ``branch_um`` (20), ``gap_um`` (20).

    Returns:
        cnfl (mm/mm²), nerve_count and cnbd (1/mm²), nerve_width (µm) and tortuosity (1 or more); NaN where undefined.
    """
    chosen = {**DEFAULT_LIMITS_UM, **(options or {})}
    pixel = 1.0 if field_um is None else field_um / mask.shape[1]
    area_mm2 = mask.size * (pixel / 1000) ** 2
    skeleton = smooth_links(
        build_skeleton_graph(remove_spurs(skeletonize_masks(mask[None])[0], chosen["spur_um"] / pixel))
    )
    # A nerve broken in two is still one nerve: counting pieces would reward broken segmentations.
    joined = np.concatenate([skeleton.links, find_bridges(skeleton, chosen["gap_um"] / pixel)])
    nerve = label_components(len(skeleton.pixels), joined)
    lengths = np.bincount(nerve[skeleton.links[:, 0]], skeleton.sizes, minlength=1) * pixel
    total = float(lengths.sum())
    return {
        "cnfl": total / 1000 / area_mm2,
        "nerve_count": int(np.count_nonzero(lengths >= chosen["nerve_um"])) / area_mm2,
        "cnbd": count_branch_points(skeleton) / area_mm2,
        "nerve_width": _mean_width(np.count_nonzero(mask) * pixel**2, total),
        "tortuosity": _tortuosity(cut_into_branches(skeleton), chosen["branch_um"] / pixel),
    }


def _mean_width(area: float, length: float) -> float:
    # The ratio is a width only of something longer than wide: a blob has hardly any centreline.
    return area / length if area < length**2 else np.nan


def _tortuosity(found: SkeletonBranches, shortest: float) -> float:
    usable = (found.length >= shortest) & (found.chord > 0)
    if not usable.any():
        return np.nan
    return float(found.length[usable].sum() / found.chord[usable].sum())


def _declare_measures() -> tuple[Measure, ...]:
    own = [
        Measure(name, label, "none", unit, decimals, text + _METHOD_NOTE, "morphometry")
        for name, (label, unit, decimals, text) in _QUANTITIES.items()
    ]
    errors = [
        Measure(
            f"{name}_error",
            f"{label} error",
            "lower",
            unit,
            decimals,
            f"Absolute difference of the {label} of the segmented nerves and of the label, measured alike.",
            "morphometry",
        )
        for name, (label, unit, decimals, _) in _QUANTITIES.items()
    ]
    return (*own, *errors)


class Morphometry(MetricFamily):
    """Length, density, branching, width and tortuosity of the segmented nerves, as defined for the cornea.

    For the options see :func:`measure_morphometry`.
    """

    options_schema: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        name: {"type": "number", "default": DEFAULT_LIMITS_UM[name], "minimum": 0, "description": description}
        for name, description in LIMIT_DESCRIPTIONS.items()
    }
    needs: ClassVar[frozenset[str]] = frozenset({"mask"})
    structures: ClassVar[frozenset[str]] = frozenset({"nerve"})
    measures: tuple[Measure, ...] = _declare_measures()

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Measure the masks and, where there are labels, the error against the labels' own values."""
        mask = batch.require("mask")
        found = self._measure_masks(mask, batch.field_um)
        missing = np.full(len(mask), np.nan)
        true = (
            self._measure_masks(batch.label, batch.field_um)
            if batch.label is not None
            else dict.fromkeys(found, missing)
        )
        scores = {}
        for name, values in found.items():
            reason = _UNDEFINED_REASONS.get(name, "")
            scores[name] = Scores(values, make_notes_where(np.isnan(values), reason))
            error = np.abs(values - true[name])
            why = "there is no label" if batch.label is None else f"{reason} in the mask or in the label"
            scores[f"{name}_error"] = Scores(error, make_notes_where(np.isnan(error), why))
        return scores

    def _measure_masks(self, masks: np.ndarray, field_um: float | None) -> dict[str, np.ndarray]:
        measured = [measure_morphometry(mask, field_um, self.options) for mask in masks]
        return {name: np.array([one[name] for one in measured], np.float64) for name in _QUANTITIES}
