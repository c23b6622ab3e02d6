"""Information and sharpness of an image: Shannon entropy and average gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, Literal

import numpy as np
from scipy.ndimage import binary_erosion

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import make_notes_where, require_grey_stack

THIN_IMAGE = "the image is less than two pixels high or wide"

DerivativeKind = Literal["forward", "central"]

NOT_RANKED_NOTE = "Not ranked: noise raises it as detail does."
"""Why neither direction of these measures is better; the report shows where it puts the known clean image."""


def entropy_bits(images: np.ndarray, inside: np.ndarray | None = None) -> np.ndarray:
    """Compute the Shannon entropy of the 256-level grey histogram, in bits (0..8).

    ``H = -sum(p log2 p)``, as MATLAB ``entropy`` and ``skimage.measure.shannon_entropy``.

    Args:
        images: (N, H, W) uint8.
        inside: (N, H, W) bool: the pixels that count; None: all.

    Returns:
        (N,) float64; NaN where no pixel counts.

    >>> float(entropy_bits(np.arange(256, dtype=np.uint8).reshape(1, 16, 16))[0])
    8.0
    >>> float(entropy_bits(np.full((1, 4, 4), 7, np.uint8))[0])
    0.0
    """
    require_grey_stack(images)
    counts = np.stack([np.bincount(pixels.ravel(), minlength=256) for pixels in _select(images, inside)])
    sizes = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, sizes, out=np.full(counts.shape, np.nan), where=sizes > 0)
    logarithm = np.log2(share, out=np.zeros_like(share), where=counts > 0)
    return np.abs(np.sum(share * logarithm, axis=1))


def _select(images: np.ndarray, inside: np.ndarray | None) -> list[np.ndarray]:
    return list(images) if inside is None else [image[mask] for image, mask in zip(images, inside, strict=True)]


def average_gradient(
    images: np.ndarray, kind: DerivativeKind = "forward", inside: np.ndarray | None = None
) -> np.ndarray:
    """Compute the average gradient (AvG), in grey levels per pixel.

    ``sum(sqrt((dx**2 + dy**2) / 2)) / ((H - 1) (W - 1))``, where the derivatives are

    - ``forward``: differences to the next pixel, over the (H - 1, W - 1) pixels that have both neighbours
      (Jagalingam and Hegde, 2015);
    - ``central``: MATLAB ``gradient``, central inside and one-sided at the border, summed over all pixels, as in
      the ``avg_gradient.m`` that papers on image fusion hand around. It is 13-27 % lower on corneal images.

    Args:
        images: (N, H, W) uint8.
        kind: The derivative.
        inside: (N, H, W) bool: the mean is over the pixels that lie inside with their four neighbours; None: over all.

    Returns:
        (N,) float64; NaN for images less than two pixels high or wide, and where no pixel lies inside.

    >>> ramp = np.tile(np.arange(0, 40, 2, dtype=np.uint8), (20, 1))[None]
    >>> round(float(average_gradient(ramp)[0]), 12) == round(2 ** 0.5, 12)
    True
    """
    require_grey_stack(images)
    height, width = images.shape[1:]
    if min(height, width) < 2:
        return np.full(len(images), np.nan)
    slope = {"forward": _forward_slope, "central": _central_slope}[kind]
    if inside is not None:
        return np.array([_mean_inside(slope(image), mask) for image, mask in zip(images, inside, strict=True)])
    return np.array([slope(image).sum() for image in images]) / ((height - 1) * (width - 1))


def _mean_inside(slope: np.ndarray, inside: np.ndarray) -> float:
    counted = binary_erosion(inside, border_value=1)[: slope.shape[0], : slope.shape[1]]
    return float(slope[counted].mean()) if counted.any() else np.nan


def _forward_slope(image: np.ndarray) -> np.ndarray:
    levels = image.astype(np.int32)
    dx = levels[:-1, 1:] - levels[:-1, :-1]
    dy = levels[1:, :-1] - levels[:-1, :-1]
    dx *= dx
    dy *= dy
    dx += dy
    return np.sqrt(dx * 0.5)


def _central_slope(image: np.ndarray) -> np.ndarray:
    # Twice the derivative is an integer; whole numbers are faster and exact: sqrt((4 dx^2 + 4 dy^2) / 8).
    levels = image.astype(np.int32)
    dx = _twice_central_difference(levels.T).T
    dy = _twice_central_difference(levels)
    return np.sqrt((dx * dx + dy * dy) * 0.125)


def _twice_central_difference(levels: np.ndarray) -> np.ndarray:
    difference = np.empty_like(levels)
    difference[1:-1] = levels[2:] - levels[:-2]
    difference[0] = 2 * (levels[1] - levels[0])
    difference[-1] = 2 * (levels[-1] - levels[-2])
    return difference


class Contrast(MetricFamily):
    """Entropy and average gradient of the enhanced image."""

    measures: tuple[Measure, ...] = (
        Measure(
            "entropy",
            "Entropy",
            "none",
            unit="bit",
            description="Shannon entropy of the 256-level grey histogram, in bits (MATLAB entropy). " + NOT_RANKED_NOTE,
            table="quality",
        ),
        Measure(
            "avg_gradient",
            "AvG",
            "none",
            unit="grey levels/px",
            description="Mean of sqrt((dx^2 + dy^2)/2), forward differences (Jagalingam and Hegde, 2015). "
            + NOT_RANKED_NOTE,
            table="quality",
        ),
        Measure(
            "avg_gradient_central",
            "AvG (central)",
            "none",
            unit="grey levels/px",
            description="Average gradient, central differences, as MATLAB gradient() in avg_gradient.m. "
            + NOT_RANKED_NOTE,
        ),
    )

    definitions: ClassVar[Mapping[str, Callable[[np.ndarray], np.ndarray]]] = {
        "Entropy, bits": entropy_bits,
        "Entropy, nats": lambda images: entropy_bits(images) * np.log(2),
        "AvG, forward": partial(average_gradient, kind="forward"),
        "AvG, central": partial(average_gradient, kind="central"),
    }

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images; AvG is NaN for images and fields of view that are too small."""
        images = batch.image
        entropy = entropy_bits(images, batch.inner_fov)
        scores = {"entropy": Scores(entropy, make_notes_where(np.isnan(entropy), "the field of view is empty"))}
        kinds: dict[str, DerivativeKind] = {"avg_gradient": "forward", "avg_gradient_central": "central"}
        for name, kind in kinds.items():
            values = average_gradient(images, kind, batch.inner_fov)
            is_thin = min(images.shape[1:]) < 2
            reason = THIN_IMAGE if is_thin else "no pixel lies inside the field of view with its neighbours"
            notes = make_notes_where(np.isnan(values), reason)
            scores[name] = Scores(values, notes)
        return scores
