"""Length that was invented and that was lost: segmented centrelines against those of the label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import make_notes_where
from .nerves.path_length import measure_path_length
from .nerves.skeleton import mark_pixels_near, skeletonize_masks

HALLUCINATION_TOLERANCE_PX = 3.0


def measure_invented_and_lost(masks: np.ndarray, labels: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute the length that was invented and that was lost, in % of the true length.

    Args:
        masks: (N, H, W) bool.
        labels: (N, H, W) bool.
        tolerance: How far apart, in px, two centrelines may run and still be the same line.

    Returns:
        Two (N,) float64 arrays; NaN where the label is empty. Invented length may exceed 100 %.
    """
    values = np.full((2, len(masks)), np.nan)
    for number, (found, true) in enumerate(zip(skeletonize_masks(masks), skeletonize_masks(labels), strict=True)):
        whole = measure_path_length(true)
        if whole > 0:
            values[0, number] = 100 * measure_path_length(found & ~mark_pixels_near(true, tolerance)) / whole
            values[1, number] = 100 * measure_path_length(true & ~mark_pixels_near(found, tolerance)) / whole
    return values[0], values[1]


class Hallucination(MetricFamily):
    """Invented and lost length; against a drawn or machine-made label they are as good as that label."""

    options_schema: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "tolerance_px": {
            "type": "number",
            "default": HALLUCINATION_TOLERANCE_PX,
            "minimum": 0,
            "description": "distance in pixels up to which a centreline counts as found",
        }
    }
    needs: ClassVar[frozenset[str]] = frozenset({"mask", "label"})
    measures: tuple[Measure, ...] = (
        Measure(
            "hallucinated",
            "Hallucinated",
            "lower",
            unit="%",
            decimals=2,
            description="Length of segmented centreline farther than 3 px from any true one, in % of the true length.",
            table="truth",
        ),
        Measure(
            "lost",
            "Lost",
            "lower",
            unit="%",
            decimals=2,
            description="Length of true centreline farther than 3 px from any segmented one, in % of the true length.",
            table="truth",
        ),
    )

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the masks; NaN with the reason where the label is empty."""
        both = measure_invented_and_lost(batch.require("mask"), batch.require("label"), self.options["tolerance_px"])
        notes = make_notes_where(np.isnan(both[0]), "the label is empty")
        return {name: Scores(values, notes) for name, values in zip(("hallucinated", "lost"), both, strict=True)}
