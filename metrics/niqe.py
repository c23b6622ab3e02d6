"""NIQE: natural image quality evaluator, a distance to the statistics of undistorted photographs.

Source: Mittal, Soundararajan and Bovik, "Making a Completely Blind Image Quality Analyzer", IEEE SPL 2013.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import require_grey_stack
from .iqa.niqe_features import NIQE_BLOCK_PX, compute_block_features, find_whole_blocks
from .iqa.niqe_model import NiqeModel, load_official_model

MIN_NIQE_BLOCKS = 9
"""With fewer blocks an image's own covariance is too poor: on 192 x 192 cuts (four blocks) of corneal images the score
is half a point too high and shifts by 0.17 when the cut moves by a few pixels; from 288 x 288 on both vanish."""

MIN_RELATIVE_SHARPNESS = 0.75
"""Blocks at least this sharp, relative to the sharpest of their image, serve to fit a model."""

_NIQE_HQ = Measure(
    "niqe_hq",
    "NIQE-HQ",
    "lower",
    description="NIQE compared with good images of the same domain instead of photographs (as MATLAB fitniqe).",
)


def niqe(images: np.ndarray, model: NiqeModel | None = None, min_blocks: int = MIN_NIQE_BLOCKS) -> np.ndarray:
    """Compute NIQE; lower is better.

    Args:
        images: (N, H, W) uint8.
        model: What to compare with; the released pristine model by default.
        min_blocks: Blocks of 96 x 96 with structure that an image must have.

    Returns:
        (N,) float64; NaN where an image has too few such blocks.
    """
    return _score_against_models(images, [model or load_official_model()], min_blocks)[0].values


def fit_niqe_model(images: np.ndarray) -> NiqeModel:
    """Fit a model to images of good quality, e.g. a domain's own (as MATLAB ``fitniqe``).

    Args:
        images: (N, H, W) uint8; about a hundred images are needed for a useful covariance.

    Raises:
        ValueError: the images have fewer than two blocks with structure.
    """
    require_grey_stack(images)
    chosen = [_select_sharp_blocks(image) for image in images]
    return NiqeModel.from_features(np.concatenate(chosen))


def _select_sharp_blocks(image: np.ndarray) -> np.ndarray:
    features, sharpness = compute_block_features(image)
    return features[sharpness > MIN_RELATIVE_SHARPNESS * sharpness.max(initial=0.0)]


def _score_against_models(
    images: np.ndarray, models: Sequence[NiqeModel], min_blocks: int, inside: np.ndarray | None = None
) -> list[Scores]:
    """Compare the images with each model, by blocks that lie ``inside``, (N, H, W) bool; features are computed once."""
    require_grey_stack(images)
    values, notes = np.full((len(images), len(models)), np.nan), []
    for number, image in enumerate(images):
        blocks = None if inside is None else find_whole_blocks(inside[number])
        own, why = _fit_own_gaussian(image.tobytes(), image.shape, min_blocks, blocks)
        notes.append(why)
        if own is not None:
            values[number] = [model.distance_to(own) for model in models]
    return [Scores(column.copy(), tuple(notes)) for column in values.T]


MAX_CACHED_IMAGES = 8
"""Images whose own Gaussian is kept: two definitions that see the same few images in turn fit each once."""


@lru_cache(maxsize=MAX_CACHED_IMAGES)
def _fit_own_gaussian(
    pixels: bytes, shape: tuple[int, int], min_blocks: int, blocks: tuple[int, ...] | None
) -> tuple[NiqeModel | None, str]:
    """Fit an image's own Gaussian, or say why it has none; the image is given as the bytes of (H, W) uint8.

    Only ``blocks`` count, numbered row by row; None: all.
    """
    image = np.frombuffer(pixels, np.uint8).reshape(shape)
    height, width = shape
    whole = (height // NIQE_BLOCK_PX) * (width // NIQE_BLOCK_PX) if blocks is None else len(blocks)
    if whole < min_blocks:
        return (
            None,
            f"too small for NIQE: {'' if blocks is None else 'the field of view of '}{height} x {width} "
            f"holds {whole} blocks of {NIQE_BLOCK_PX} px, {min_blocks} needed",
        )
    features, _ = compute_block_features(image)
    features = features if blocks is None else features[list(blocks)]
    structured = int(np.sum(~np.isnan(features).any(axis=1)))
    if structured < min_blocks:
        return None, f"too flat for NIQE: {structured} of {whole} blocks have structure, {min_blocks} needed"
    return NiqeModel.from_features(features), ""


class Niqe(MetricFamily):
    """NIQE of the enhanced image.

    With ``hq_model`` it also computes NIQE-HQ.
    """

    options_schema: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "hq_model": {
            "type": ["string", "null"],
            "default": None,
            "format": "path",
            "description": "model of good images of the domain, made by `python -m sspbench fit-niqe`; adds NIQE-HQ",
        },
        "min_blocks": {
            "type": "integer",
            "default": MIN_NIQE_BLOCKS,
            "minimum": 2,
            "description": "blocks that an image must have; NaN below",
        },
    }
    measures: tuple[Measure, ...] = (
        Measure(
            "niqe",
            "NIQE",
            "lower",
            description="Natural image quality evaluator (Mittal et al., IEEE SPL 2013), released model, float64.",
            table="quality",
        ),
    )

    definitions: ClassVar[Mapping[str, Callable[[np.ndarray], np.ndarray]]] = {"NIQE, released model": niqe}

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._min_blocks = self.options["min_blocks"]
        self._models = [load_official_model()]
        if self.options["hq_model"]:
            self._models.append(NiqeModel.load(Path(self.options["hq_model"]).expanduser()))
            self.measures = (*type(self).measures, _NIQE_HQ)

    def fit_definitions(self, good: Iterable[np.ndarray]) -> Mapping[str, Any]:
        """Return a model of the good images of the commonest size, or nothing where they have too few sharp blocks."""
        by_shape: dict[tuple[int, ...], list[np.ndarray]] = {}
        for image in good:
            by_shape.setdefault(image.shape, []).append(_select_sharp_blocks(image))
        try:
            model = NiqeModel.from_features(np.concatenate(max(by_shape.values(), key=len, default=[])))
        except ValueError:
            return {}
        return {"mean": model.mean.tolist(), "covariance": model.covariance.tolist()}

    def fitted_definitions(self, constants: Mapping[str, Any]) -> Mapping[str, Callable[[np.ndarray], np.ndarray]]:
        """Return NIQE with the model of the good images."""
        model = NiqeModel(np.array(constants["mean"]), np.array(constants["covariance"]))
        return {"NIQE, model of the HQ images": partial(niqe, model=model)}

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images; NaN with the reason where an image is too small or too flat."""
        scores = _score_against_models(batch.image, self._models, self._min_blocks, batch.inner_fov)
        return {measure.name: one for measure, one in zip(self.measures, scores, strict=True)}
