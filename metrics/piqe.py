"""PIQE: perception-based image quality evaluator, no training needed.

Source: Venkatanath et al., NCC 2015; constants and rounding as in MATLAB ``piqe``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import require_grey_stack
from .iqa.mscn import local_statistics

PIQE_BLOCK_PX = 16
MIN_ACTIVE_VARIANCE = 0.1
MAX_FLAT_DEVIATION = 0.1
EDGE_RUN_PX = 6


def piqe(images: np.ndarray, inside: np.ndarray | None = None) -> np.ndarray:
    """Compute PIQE; 0 is best, 100 worst.

    Args:
        images: (N, H, W) uint8.
        inside: (N, H, W) bool: only blocks that lie inside count; None: all.

    Returns:
        (N,) float64; NaN for an all-black image and without a block inside, 100 for other constant images.

    >>> float(piqe(np.full((1, 32, 32), 9, np.uint8))[0])
    100.0
    """
    require_grey_stack(images)
    masks = [None] * len(images) if inside is None else inside
    return np.array([_piqe_of_one(*pair) if pair[0].any() else np.nan for pair in zip(images, masks, strict=True)])


def _piqe_of_one(image: np.ndarray, inside: np.ndarray | None) -> float:
    short = [-size % PIQE_BLOCK_PX for size in image.shape]
    padded = np.pad(image, [(0, missing) for missing in short], mode="symmetric")
    # The score is defined on the image stretched to its brightest pixel, in whole grey levels.
    levels = np.rint(255.0 * (np.arange(256) / padded.max()))
    normalised, _ = local_statistics(levels[padded])
    everywhere = np.ones(image.shape, bool) if inside is None else inside
    counted = np.pad(everywhere, [(0, missing) for missing in short], mode="symmetric")
    blocks = _find_whole_blocks(counted)
    return _pool_distortion(normalised, blocks) if blocks.any() else np.nan


def _find_whole_blocks(inside: np.ndarray) -> np.ndarray:
    """Return which blocks, (rows, columns) bool, lie inside a mask, (H, W) bool."""
    height, width = (side // PIQE_BLOCK_PX for side in inside.shape)
    return np.asarray(inside.reshape(height, PIQE_BLOCK_PX, width, PIQE_BLOCK_PX).all(axis=(1, 3)))


def _pool_distortion(normalised: np.ndarray, counted: np.ndarray) -> float:
    """Pool the distortion of the active blocks that are ``counted`` (equation 9 of the paper, C = 1)."""
    sums, squares = _sum_columns(normalised)
    variance = _variance(sums.sum(axis=-1), squares.sum(axis=-1), PIQE_BLOCK_PX * PIQE_BLOCK_PX)
    active = (variance > MIN_ACTIVE_VARIANCE) & counted
    variance = variance[active]
    noisy = _is_noisy(sums[active], squares[active], variance)
    impaired = _is_impaired(_collect_edges(normalised)[active])
    distortion = np.sum(impaired * (1 - variance)) + np.sum(noisy * variance)
    return float((distortion + 1) / (1 + variance.size) * 100)


def _sum_columns(normalised: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum values and squares over each column of each block: two arrays (rows, columns, BLOCK)."""
    height, width = normalised.shape
    strips = normalised.reshape(height // PIQE_BLOCK_PX, PIQE_BLOCK_PX, width)
    shape = (height // PIQE_BLOCK_PX, width // PIQE_BLOCK_PX, PIQE_BLOCK_PX)
    return strips.sum(axis=1).reshape(shape), np.einsum("ijk,ijk->ik", strips, strips).reshape(shape)


def _variance(total: np.ndarray, squares: np.ndarray, count: int) -> np.ndarray:
    # MSCN values are of order one around zero, so the one-pass form loses nothing.
    return np.maximum(squares - total * total / count, 0.0) / (count - 1)


def _is_noisy(sums: np.ndarray, squares: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return which blocks (B, BLOCK) have more deviation than centre and surround explain (equation 6)."""
    middle = [PIQE_BLOCK_PX // 2 - 1, PIQE_BLOCK_PX // 2]
    # MATLAB deletes two columns one after the other: the second index has moved, so it drops one too far.
    around = [column for column in range(PIQE_BLOCK_PX) if column not in (middle[0], middle[1] + 1)]
    centre = np.sqrt(_variance(sums[:, middle].sum(axis=1), squares[:, middle].sum(axis=1), 2 * PIQE_BLOCK_PX))
    surround = np.sqrt(_variance(sums[:, around].sum(axis=1), squares[:, around].sum(axis=1), 14 * PIQE_BLOCK_PX))
    ratio = np.divide(centre, surround, out=np.zeros_like(centre), where=surround > 0)
    sigma = np.sqrt(variance)
    beta = np.abs(sigma - ratio) / np.maximum(sigma, ratio)
    return (sigma > 2 * beta) & ((surround > 0) | (centre == 0))


def _collect_edges(normalised: np.ndarray) -> np.ndarray:
    """Collect the four edges of each block: (rows, columns, 4, BLOCK)."""
    height, width = normalised.shape
    blocks = normalised.reshape(height // PIQE_BLOCK_PX, PIQE_BLOCK_PX, width // PIQE_BLOCK_PX, PIQE_BLOCK_PX).swapaxes(
        1, 2
    )
    return np.stack([blocks[:, :, 0], blocks[:, :, -1], blocks[:, :, :, 0], blocks[:, :, :, -1]], axis=2)


def _is_impaired(edges: np.ndarray) -> np.ndarray:
    """Return which blocks (B, 4, BLOCK) have a flat run of six pixels on an edge: a blocking artefact."""
    runs = np.lib.stride_tricks.sliding_window_view(edges, EDGE_RUN_PX, axis=-1)
    total, squares = runs.sum(axis=-1), np.einsum("...k,...k->...", runs, runs)
    return np.any(_variance(total, squares, EDGE_RUN_PX) < MAX_FLAT_DEVIATION**2, axis=(1, 2))


class Piqe(MetricFamily):
    """PIQE of the enhanced image."""

    measures: tuple[Measure, ...] = (
        Measure(
            "piqe",
            "PIQE",
            "lower",
            description="Perception-based image quality evaluator (Venkatanath et al., NCC 2015), 0..100, in float64.",
            table="quality",
        ),
    )

    definitions: ClassVar[Mapping[str, Callable[[np.ndarray], np.ndarray]]] = {"PIQE": piqe}

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images; an all-black image has no PIQE, nor has one without a block inside."""
        values = piqe(batch.image, batch.inner_fov)
        reasons = [
            "" if np.isfinite(value) else _explain(image) for value, image in zip(values, batch.image, strict=True)
        ]
        return {"piqe": Scores(values, tuple(reasons))}


def _explain(image: np.ndarray) -> str:
    inside = f"no block of {PIQE_BLOCK_PX} x {PIQE_BLOCK_PX} pixels lies inside the field of view"
    return inside if image.any() else "the image is all black"
