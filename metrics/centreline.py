"""Agreement of centrelines: clDice, and sensitivity and false discovery with a tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import make_notes_where
from .nerves.skeleton import mark_pixels_near, skeletonize_masks

CENTRELINE_TOLERANCE_PX = 3.0


def share_within(lines: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Compute which share of the pixels of ``lines`` lies in ``regions``.

    Args:
        lines: (N, H, W) bool.
        regions: (N, H, W) bool.

    Returns:
        (N,) float64; NaN without a line.
    """
    total = lines.sum(axis=(1, 2), dtype=np.float64)
    inside = (lines & regions).sum(axis=(1, 2))
    return np.divide(inside, total, out=np.full(len(total), np.nan), where=total > 0)


def cl_dice(masks: np.ndarray, labels: np.ndarray, mask_lines: np.ndarray, label_lines: np.ndarray) -> np.ndarray:
    """Compute clDice (Shit et al., CVPR 2021): the harmonic mean of topology precision and sensitivity.

    Args:
        masks: (N, H, W) bool; ``mask_lines`` their skeletons.
        labels: (N, H, W) bool; ``label_lines`` their skeletons.
        mask_lines: (N, H, W) bool.
        label_lines: (N, H, W) bool.

    Returns:
        (N,) float64: as for Dice, 1 where both are empty and 0 where one is.
    """
    # One share does not exist when one of both is empty, but the other is then 0, and so is the harmonic mean.
    precision = np.nan_to_num(share_within(mask_lines, labels))
    sensitivity = np.nan_to_num(share_within(label_lines, masks))
    total = precision + sensitivity
    value = np.divide(2 * precision * sensitivity, total, out=np.zeros_like(total), where=total > 0)
    both_empty = ~masks.any(axis=(1, 2)) & ~labels.any(axis=(1, 2))
    return np.where(both_empty, 1.0, value)


class Centreline(MetricFamily):
    """Centreline agreement of mask and label.

    The default of ``tolerance_px`` is that of Guimaraes et al., 2016.
    """

    options_schema: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "tolerance_px": {
            "type": "number",
            "default": CENTRELINE_TOLERANCE_PX,
            "minimum": 0,
            "description": "distance in pixels at which two centrelines still count as the same",
        }
    }
    needs: ClassVar[frozenset[str]] = frozenset({"mask", "label"})
    measures: tuple[Measure, ...] = (
        Measure(
            "cldice",
            "clDice",
            "higher",
            description="Centreline Dice (Shit et al., CVPR 2021); 1 when mask and label are both empty.",
        ),
        Measure(
            "centreline_sen",
            "SEN (3 px)",
            "higher",
            description="Share of the true centreline within the tolerance (3 px) of the segmented one.",
        ),
        Measure(
            "centreline_fdr",
            "FDR (3 px)",
            "lower",
            description="Share of the segmented centreline farther than the tolerance (3 px) from the true one.",
        ),
    )

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the masks; NaN with the reason where a mask has no centreline."""
        mask, label = batch.require("mask"), batch.require("label")
        found, true = skeletonize_masks(mask), skeletonize_masks(label)
        sensitivity = share_within(
            true, np.stack([mark_pixels_near(lines, self.options["tolerance_px"]) for lines in found])
        )
        precision = share_within(
            found, np.stack([mark_pixels_near(lines, self.options["tolerance_px"]) for lines in true])
        )
        return {
            "cldice": Scores(cl_dice(mask, label, found, true)),
            "centreline_sen": Scores(sensitivity, make_notes_where(np.isnan(sensitivity), "the label is empty")),
            "centreline_fdr": Scores(1 - precision, make_notes_where(np.isnan(precision), "nothing was segmented")),
        }
