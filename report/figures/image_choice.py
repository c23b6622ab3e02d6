"""Chooses test images of the paper's two kinds of difficulty: uneven light, and weak texture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .run_images import RunImages


@dataclass(frozen=True)
class DifficultyGroups:
    """The two kinds of difficulty the paper shows apart (its Fig. 4 and 5)."""

    texture: list[str]
    illumination: list[str]


def measure_unevenness(image: np.ndarray) -> float:
    """Return the coefficient of variation of the mean brightness of an 8 x 8 grid of blocks of a (H, W) image."""
    means = [block.mean() for band in np.array_split(image, 8, axis=0) for block in np.array_split(band, 8, axis=1)]
    return float(np.std(means) / max(np.mean(means), 1.0))


def measure_sharpness(image: np.ndarray) -> float:
    """Return the mean size of the brightness gradient of a (H, W) image, relative to its mean brightness."""
    down, right = np.gradient(image.astype(np.float64))
    return float(np.hypot(down, right).mean() / max(image.mean(), 1.0))


def find_difficulty_groups(pictures: RunImages) -> DifficultyGroups:
    """Return the two most unevenly lit inputs, and of the others the two with the weakest texture."""
    found: dict[str, tuple[float, float]] = {}
    for name in pictures.results.image_names:  # keeps two numbers of each image and drops its pixels
        image = pictures.read_input(name)
        if image is not None:
            found[name] = (-measure_unevenness(image), measure_sharpness(image))
    uneven = sorted(found, key=lambda name: (found[name][0], name))[:2]
    rest = [name for name in found if name not in uneven]
    return DifficultyGroups(sorted(rest, key=lambda name: (found[name][1], name))[:2], uneven)
