"""NIQE: natural image quality evaluator, a distance to the statistics of undistorted photographs.

Source: Mittal, Soundararajan and Bovik, "Making a Completely Blind Image Quality Analyzer", IEEE SPL 2013.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from sspbench.contract import Measure, MetricFamily, Scores, ScoringBatch

from .niqe_model.features import BLOCK, block_features
from .niqe_model.model import NiqeModel, official_model
from .pixels.stack import require_grey_stack
from .settings.options import checked

MIN_BLOCKS = 9
"""With fewer blocks an image's own covariance is too poor: on 192 x 192 cuts (four blocks) of corneal images the score
is half a point too high and shifts by 0.17 when the cut moves by a few pixels; from 288 x 288 on both vanish."""

SHARP = 0.75
"""Blocks at least this sharp, relative to the sharpest of their image, serve to fit a model."""


def niqe(images: np.ndarray, model: NiqeModel | None = None, min_blocks: int = MIN_BLOCKS) -> np.ndarray:
    """Compute NIQE; lower is better.

    Args:
        images: (N, H, W) uint8.
        model: What to compare with; the released pristine model by default.
        min_blocks: Blocks of 96 x 96 with structure that an image must have.

    Returns:
        (N,) float64; NaN where an image has too few such blocks.
    """
    return _scores(images, model or official_model(), min_blocks).values


def fit_niqe_model(images: np.ndarray) -> NiqeModel:
    """Fit a model to images of good quality, e.g. a domain's own (as MATLAB ``fitniqe``).

    Args:
        images: (N, H, W) uint8; about a hundred images are needed for a useful covariance.

    Raises:
        ValueError: the images have fewer than two blocks with structure.
    """
    require_grey_stack(images)
    chosen = [_sharp_blocks(image) for image in images]
    return NiqeModel.of_features(np.concatenate(chosen))


def _sharp_blocks(image: np.ndarray) -> np.ndarray:
    features, sharpness = block_features(image)
    return features[sharpness > SHARP * sharpness.max(initial=0.0)]


def _scores(images: np.ndarray, model: NiqeModel, min_blocks: int) -> Scores:
    require_grey_stack(images)
    rows, columns = (side // BLOCK for side in images.shape[1:])
    if rows * columns < min_blocks:
        height, width = images.shape[1:]
        why = f"too small for NIQE: {height} x {width} holds {rows * columns} blocks of {BLOCK} px, {min_blocks} needed"
        return Scores(np.full(len(images), np.nan), (why,) * len(images))
    scored = [_score_one(image, model, min_blocks) for image in images]
    return Scores(np.array([value for value, _ in scored]), tuple(note for _, note in scored))


def _score_one(image: np.ndarray, model: NiqeModel, min_blocks: int) -> tuple[float, str]:
    features, _ = block_features(image)
    structured = int(np.sum(~np.isnan(features).any(axis=1)))
    if structured < min_blocks:
        return np.nan, f"too flat for NIQE: {structured} of {len(features)} blocks have structure, {min_blocks} needed"
    return model.distance(NiqeModel.of_features(features)), ""


class Niqe(MetricFamily):
    """NIQE of the enhanced image.

    Options: ``model``, the path of another model (``.npz`` with ``mu`` and ``cov``); ``min_blocks``.
    """

    measures: ClassVar[tuple[Measure, ...]] = (
        Measure(
            "niqe",
            "NIQE",
            "lower",
            description="Natural image quality evaluator (Mittal et al., IEEE SPL 2013), released model, float64.",
            table="quality",
        ),
    )

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        chosen = checked("niqe", self.options, {"model": None, "min_blocks": MIN_BLOCKS})
        self._model = NiqeModel.load(Path(chosen["model"])) if chosen["model"] else official_model()
        self._min_blocks = max(2, int(chosen["min_blocks"]))

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images; NaN with the reason where an image is too small or too flat."""
        return {"niqe": _scores(batch.image, self._model, self._min_blocks)}
