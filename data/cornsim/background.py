"""What surrounds the nerves: epithelium, K-structures and dendritic cells."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from .curves import MARGIN, STEP, correlated_noise, cut, smooth_field, smooth_noise, splat, walk
from .parameters import FIELD, Anatomy, draw

CELL = 3.2
"""Scale of the basal-epithelium mosaic, pixels: dark cells of about 10 micrometres with bright borders."""


def tissue(rng: np.random.Generator, size: int, anatomy: Anatomy) -> np.ndarray:
    """Draw epithelium with its mosaic, grain and K-structures: grey levels, (size, size) float32."""
    level = draw(rng, anatomy.background)
    relative = 1.0 + _mosaic(rng, size) * draw(rng, anatomy.cell_contrast)
    relative += _bands(rng, size, anatomy)
    grain = correlated_noise(rng, size, 0.8) * draw(rng, anatomy.grain_contrast)
    return (level * relative * np.exp(grain)).astype(np.float32)


def _mosaic(rng: np.random.Generator, size: int) -> np.ndarray:
    """Band-passed noise: cells of one size, showing in patches where the layer dips into the epithelium."""
    fine = correlated_noise(rng, size, CELL * 0.5) - 0.5 * correlated_noise(rng, size, CELL)
    patches = np.clip(0.7 + 0.6 * smooth_field(rng, size, 110.0), 0.1, 2.0)
    return fine * patches


def _bands(rng: np.random.Generator, size: int, anatomy: Anatomy) -> np.ndarray:
    """K-structures: broad, soft, curved bands, brighter than the tissue and striated lengthways."""
    bands = np.zeros((size, size), np.float32)
    for _ in range(rng.poisson(draw(rng, anatomy.bands) * size / FIELD)):
        bands += draw(rng, anatomy.band_height) * _band(rng, size)
    return bands


def _band(rng: np.random.Generator, size: int) -> np.ndarray:
    """One band of unit height: a few parallel strands of different width."""
    length = 2.2 * size
    heading = rng.uniform(0, 2 * np.pi) + 0.35 * smooth_noise(rng, 1, length, 110.0)
    curve = walk(np.zeros(1), np.zeros(1), heading)
    middle = heading.shape[1] // 2
    y = curve.y - curve.y[:, middle] + rng.uniform(0.1, 0.9) * size
    x = curve.x - curve.x[:, middle] + rng.uniform(0.1, 0.9) * size
    total = np.zeros((size, size), np.float32)
    for sigma, share in ((draw(rng, (9.0, 14.0)), 0.6), (draw(rng, (3.5, 6.0)), 0.5), (draw(rng, (3.5, 6.0)), -0.25)):
        offset = rng.normal(0.0, 7.0) + 3.0 * smooth_noise(rng, 1, length, 50.0)
        strength = np.clip(1.0 + 0.5 * smooth_noise(rng, 1, length, 90.0), 0.0, None)
        strand = splat(y + offset * np.cos(heading), x - offset * np.sin(heading), strength, size)
        total += share * STEP * sigma * np.float32(np.sqrt(2 * np.pi)) * cut(gaussian_filter(strand, sigma))
    return total


def dendritic_cells(rng: np.random.Generator, size: int, anatomy: Anatomy) -> np.ndarray:
    """Draw dendritic cells: bright bodies with none to four short arms; grey levels above the tissue."""
    count = rng.poisson(draw(rng, anatomy.dendritic_cells) * (size / FIELD) ** 2)
    total = np.zeros((size + 2 * MARGIN,) * 2, np.float32)
    for _ in range(count):
        total += _dendritic_cell(rng, size)
    return cut(total)


def _dendritic_cell(rng: np.random.Generator, size: int) -> np.ndarray:
    y, x = rng.uniform(0, size, 2)
    brightness = draw(rng, (70.0, 160.0))
    arms = rng.integers(2, 5)
    longest = draw(rng, (4.0, 13.0))
    heading = np.arange(arms) * (2 * np.pi / arms) + rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.4, arms)
    heading = heading[:, None] + 0.5 * smooth_noise(rng, arms, longest, 6.0)
    curve = walk(np.full(arms, y), np.full(arms, x), heading)
    reach = rng.uniform(0.3, 1.0, arms)[:, None]
    strength = np.clip(1.0 - np.linspace(0.0, 1.0, heading.shape[1]) / reach, 0.0, None)
    sigma = draw(rng, (0.9, 1.3))
    cell = splat(curve.y, curve.x, strength * brightness * STEP * sigma * 2.5 * 0.8, size)
    return gaussian_filter(cell, sigma)
