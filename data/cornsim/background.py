"""What surrounds the nerves: epithelium, K-structures and dendritic cells."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from .curves import (
    CURVE_STEP_PX,
    MARGIN_PX,
    cut_margin,
    draw_correlated_noise,
    draw_smooth_field,
    draw_smooth_noise,
    enlarge_field,
    follow_heading,
    splat_points,
)
from .parameters import REFERENCE_SIDE_PX, Anatomy, draw_uniform

# Spacing of the basal epithelial cells, pixels: about 10 micrometres.
CELL_SPACING_PX = 9.0

# Sds of the grain above which a bright speck stands out.
SPECK_THRESHOLD_SDS = 2.2

# K-structures are so smooth that every third pixel is enough.
COARSE_STEP_PX = 3

# What a K-structure is made of: (Gaussian half profile in pixels, height relative to the band).
BAND_STRANDS = ((30.0, -0.35), (10.0, 0.8), (5.0, 0.3), (4.0, 0.3))


def draw_tissue(rng: np.random.Generator, size: int, anatomy: Anatomy) -> np.ndarray:
    """Draw epithelium with its mosaic, grain and K-structures: grey levels, (size, size) float32."""
    level = draw_uniform(rng, anatomy.background)
    relative = 1.0 + _draw_cell_mosaic(rng, size) * draw_uniform(rng, anatomy.cell_contrast)
    relative += _draw_bands(rng, size, anatomy)
    grain = draw_correlated_noise(rng, size, 0.8) * draw_uniform(rng, anatomy.grain_contrast)
    specks = 0.5 * np.maximum(draw_correlated_noise(rng, size, 0.7) - SPECK_THRESHOLD_SDS, 0.0)
    return (level * (relative * np.exp(grain) + specks)).astype(np.float32)


def _draw_cell_mosaic(rng: np.random.Generator, size: int) -> np.ndarray:
    """Polygonal cells with bright borders and unequal bodies, in patches where the layer dips into the epithelium.

    Returns:
        (size, size) float32 of about unit sd in a full patch.
    """
    side = size + 2 * MARGIN_PX
    grid = np.arange(0.0, side, CELL_SPACING_PX)
    rows, columns = (
        axis + rng.normal(0.0, 0.28 * CELL_SPACING_PX, axis.shape) for axis in np.meshgrid(grid, grid, indexing="ij")
    )
    away = np.ones((side, side), bool)
    away[np.clip(np.rint(rows), 0, side - 1).astype(int), np.clip(np.rint(columns), 0, side - 1).astype(int)] = False
    near_row, near_column = distance_transform_edt(away, return_distances=False, return_indices=True)
    cell = near_row.astype(np.int64) * side + near_column
    border = np.zeros((side, side), np.float32)
    border[:-1] += cell[1:] != cell[:-1]
    border[:, :-1] += cell[:, 1:] != cell[:, :-1]
    bodies = rng.standard_normal(side * side, dtype=np.float32)[cell]
    cells = cut_margin(gaussian_filter(border, 0.8) * 2.2 + gaussian_filter(bodies, 0.8) * 0.5)
    patches = np.clip(0.5 + 0.8 * draw_smooth_field(rng, size, 110.0), 0.05, 2.0)
    return (cells - cells.mean()) / cells.std() * patches


def _draw_bands(rng: np.random.Generator, size: int, anatomy: Anatomy) -> np.ndarray:
    """K-structures: broad, soft, curved bands, brighter than the tissue and striated lengthways."""
    coarse_size = size // COARSE_STEP_PX + 2
    bands = np.zeros((coarse_size, coarse_size), np.float32)
    for _ in range(rng.poisson(draw_uniform(rng, anatomy.bands) * size / REFERENCE_SIDE_PX)):
        bands += draw_uniform(rng, anatomy.band_height) * _draw_band(rng, size, coarse_size)
    return enlarge_field(bands, COARSE_STEP_PX, size)


def _draw_band(rng: np.random.Generator, size: int, coarse_size: int) -> np.ndarray:
    """One band of about unit height, three strands and dark flanks; a grid of every :data:`COARSE_STEP_PX`-th pixel."""
    length = 2.4 * size
    heading = rng.uniform(0, 2 * np.pi) + 0.45 * draw_smooth_noise(rng, 1, length, 110.0)
    curve = follow_heading(np.zeros(1), np.zeros(1), heading)
    middle = heading.shape[1] // 2
    y = curve.y - curve.y[:, middle] + rng.uniform(0.1, 0.9) * size
    x = curve.x - curve.x[:, middle] + rng.uniform(0.1, 0.9) * size
    depth = np.clip(1.0 + 0.4 * draw_smooth_noise(rng, 1, length, 120.0), 0.0, None)
    total = np.zeros((coarse_size, coarse_size), np.float32)
    for sigma, share in BAND_STRANDS:
        offset = rng.normal(0.0, 5.0) + 3.0 * draw_smooth_noise(rng, 1, length, 60.0)
        strength = depth * share * sigma * CURVE_STEP_PX * np.sqrt(2 * np.pi) / COARSE_STEP_PX**2
        side = (y + offset * np.cos(heading)) / COARSE_STEP_PX, (x - offset * np.sin(heading)) / COARSE_STEP_PX
        total += cut_margin(gaussian_filter(splat_points(*side, strength, coarse_size), sigma / COARSE_STEP_PX))
    return total


def draw_dendritic_cells(rng: np.random.Generator, size: int, anatomy: Anatomy) -> np.ndarray:
    """Draw dendritic cells: bright bodies with none to four short arms; grey levels above the tissue."""
    count = rng.poisson(draw_uniform(rng, anatomy.dendritic_cells) * (size / REFERENCE_SIDE_PX) ** 2)
    total = np.zeros((size + 2 * MARGIN_PX,) * 2, np.float32)
    for _ in range(count):
        total += _draw_dendritic_cell(rng, size)
    return cut_margin(total)


def _draw_dendritic_cell(rng: np.random.Generator, size: int) -> np.ndarray:
    y, x = rng.uniform(0, size, 2)
    brightness = draw_uniform(rng, (70.0, 160.0))
    arms = int(rng.integers(2, 5))
    longest = draw_uniform(rng, (4.0, 13.0))
    heading = np.arange(arms) * (2 * np.pi / arms) + rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.4, arms)
    heading = heading[:, None] + 0.5 * draw_smooth_noise(rng, arms, longest, 6.0)
    curve = follow_heading(np.full(arms, y), np.full(arms, x), heading)
    reach = rng.uniform(0.3, 1.0, arms)[:, None]
    strength = np.clip(1.0 - np.linspace(0.0, 1.0, heading.shape[1]) / reach, 0.0, None)
    sigma = draw_uniform(rng, (0.9, 1.3))
    cell = splat_points(curve.y, curve.x, strength * brightness * CURVE_STEP_PX * sigma * 2.5 * 0.8, size)
    return gaussian_filter(cell, sigma)
