"""Vessels as the camera sees them, and their mask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from .curves import splat
from .parameters import CONTRAST, CONTRAST_WIDTHS, RADIUS, RADIUS_SHARE, Anatomy, draw
from .vessels import Vessel

# Sds at which vessels are drawn, pixels; a point of another sd is shared by its two neighbours.
SIGMAS = (0.5, 0.75, 1.1, 1.6, 2.4, 3.6)

# Sd of the Gaussian profile of a thin vessel over the half width.
SIGMA_SHARE = 0.62

# A vessel of at least this half width (pixels of the photograph) has a flat profile: three Gaussians side by side,
# each of this sd, at these places across (all over the half width) and with these heights.
FLAT_FROM = 1.5
FLAT_SIGMA = 0.38
FLAT_PLACES = (-0.55, 0.0, 0.55)
FLAT_HEIGHTS = (0.69, 0.52, 0.69)

# Points drawn per point of a vessel.
FINER = 3

# Half width of the mask over that of the vessel, and the least, pixels: graders paint vessels a little too wide.
MASK_SHARE = 1.08
THINNEST_MASK = 0.6

# The bright reflex on an artery's axis: its sd over the half width, its depth over the vessel's, and the half width
# from which it is seen.
REFLEX_SIGMA, REFLEX_DEPTH, REFLEX_RADIUS = 0.22, 0.55, 1.5


class VesselPoints:
    """The points of all vessels on the pixel grid of a photograph of side ``size``.

    Attributes:
        positions: (n, 2): row and column, pixels.
        across: (n, 2): unit vectors across the vessel.
        radius: (n,) half widths in pixels of the photograph.
        width: (n,) widths in the pixels of :mod:`.parameters`.
        artery: (n,) bool.
        length: (n,) pixels of the photograph that a point covers along its vessel.
    """

    def __init__(self, vessels: Sequence[Vessel], size: int) -> None:
        self.size = size
        scale = RADIUS_SHARE * size / RADIUS
        parts = [_finer(np.column_stack([vessel.path[:, ::-1], vessel.radius])) for vessel in vessels]
        points = np.concatenate(parts)
        along = np.concatenate([np.gradient(part[:, :2], axis=0) for part in parts])
        spacing = np.hypot(*along.T)
        self.across = along[:, ::-1] * (1.0, -1.0) / spacing[:, None]
        self.length = spacing * scale
        self.positions = points[:, :2] * scale + (size - 1) / 2
        self.width = 2 * points[:, 2]
        self.radius = points[:, 2] * scale
        self.artery = np.repeat([vessel.is_artery for vessel in vessels], [len(part) for part in parts])


def _finer(points: np.ndarray) -> np.ndarray:
    index = np.arange(0, len(points) - 1, 1 / FINER)
    return np.column_stack([np.interp(index, np.arange(len(points)), column) for column in points.T])


def transmit(rng: np.random.Generator, points: VesselPoints, anatomy: Anatomy) -> np.ndarray:
    """Return the share of light that passes the vessels, (size, size, 3) float32, around 1 where there are none."""
    table = np.stack([np.interp(points.width, CONTRAST_WIDTHS, row) for row in CONTRAST], axis=1)
    depth = -np.log1p(-table)
    depth[points.artery] *= draw(rng, anatomy.artery_contrast)
    depth *= points.length[:, None]
    flat = points.radius >= FLAT_FROM
    reflex = points.artery & (points.width > 2 * REFLEX_RADIUS)
    lines = [(points.positions[~flat], SIGMA_SHARE * points.radius[~flat], depth[~flat])]
    for place, height in zip(FLAT_PLACES, FLAT_HEIGHTS, strict=True):
        moved = points.positions[flat] + place * points.radius[flat, None] * points.across[flat]
        lines.append((moved, FLAT_SIGMA * points.radius[flat], height * depth[flat]))
    lines.append((points.positions[reflex], REFLEX_SIGMA * points.radius[reflex], -REFLEX_DEPTH * depth[reflex]))
    positions, sigma, heights = (np.concatenate(columns) for columns in zip(*lines, strict=True))
    density = _ridges(positions, np.clip(sigma, SIGMAS[0], SIGMAS[-1]), heights, points.size)
    passed: np.ndarray = np.exp(-np.moveaxis(density, 0, -1))
    return passed


def _ridges(positions: np.ndarray, sigma: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    """Draw lines with Gaussian profiles of the given sd, (3, size, size) float32; ``weights`` (n, 3) give heights."""
    place = np.interp(sigma, SIGMAS, np.arange(len(SIGMAS)))
    total = np.zeros((3, size, size), np.float32)
    for index, level in enumerate(SIGMAS):
        share = np.clip(1.0 - np.abs(place - index), 0.0, None)
        near = share > 0
        # A line of unit weight per pixel, blurred by sigma, peaks at 1 / (sigma sqrt(2 pi)).
        unit = share[near] * level * np.sqrt(2 * np.pi)
        canvas = splat(positions[near], weights[near] * unit[:, None], size)
        total += gaussian_filter(canvas, (0, level, level))
    return total


def vessel_mask(points: VesselPoints) -> np.ndarray:
    """Mark the pixels within the half width of a vessel's axis, (size, size) bool; from the geometry alone."""
    size = points.size
    cell = np.rint(points.positions).astype(int)
    inside = ((cell >= 0) & (cell < size)).all(axis=1)
    # Where points share a pixel the widest is written last and stays.
    order = np.flatnonzero(inside)[np.argsort(points.radius[inside], kind="stable")]
    row, column = cell[order].T
    nearest = np.full((size, size), -1)
    nearest[row, column] = order
    near_row, near_column = distance_transform_edt(nearest < 0, return_distances=False, return_indices=True)
    point = nearest[near_row, near_column]
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij"), axis=-1)
    distance = np.linalg.norm(grid - points.positions[point], axis=-1)
    mask: np.ndarray = distance <= np.maximum(MASK_SHARE * points.radius[point], THINNEST_MASK)
    return mask
