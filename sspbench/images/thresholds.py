"""Dice of a probability map under every threshold, from two histograms, and the threshold that fits images best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL_COUNT = 256
"""Levels of an 8-bit probability map; the mask at level ``t`` is ``map > t``."""


def dice_by_level(probability: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the Dice of the mask ``probability > t`` for t = 0..255; 1 where mask and label are both empty.

    Args:
        probability: (H, W) uint8, probability of foreground x 255.
        label: (H, W) bool, the true foreground.

    Returns:
        (256,) float64.

    >>> dice_by_level(np.array([[10, 200]], np.uint8), np.array([[False, True]]))[[0, 10, 200]].round(3).tolist()
    [0.667, 1.0, 0.0]
    """
    foreground = np.bincount(probability[label], minlength=LEVEL_COUNT)
    everything = np.bincount(probability.ravel(), minlength=LEVEL_COUNT)
    found, marked = (counts.sum() - np.cumsum(counts) for counts in (foreground, everything))
    both = marked + foreground.sum()
    return np.divide(2.0 * found, both, out=np.ones(LEVEL_COUNT), where=both > 0)


@dataclass(frozen=True)
class LevelChoice:
    """The threshold that fits held-out images best.

    Attributes:
        level: The mask is ``map > level``, 0..254.
        dice: Mean Dice over the held-out images under it.
        images: How many they were.
    """

    level: int
    dice: float
    images: int


def choose_best_level(probabilities: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> LevelChoice:
    """Return the level with the highest mean Dice over images; of equally good ones the middle one.

    Args:
        probabilities: Maps of the held-out images, (H, W) uint8 each; at least one.
        labels: Their true foreground, (H, W) bool each.
    """
    mean = np.mean([dice_by_level(*pair) for pair in zip(probabilities, labels, strict=True)], axis=0)[:-1]
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    level = int(best[(len(best) - 1) // 2])
    return LevelChoice(level, float(mean[level]), len(probabilities))
