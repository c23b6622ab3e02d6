"""Nerve fibres: branching, tapering and beaded, with the exact mask of where they run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from .curves import CURVE_STEP_PX, MARGIN_PX, Curves, cut_margin, draw_smooth_noise, follow_heading, splat_points
from .parameters import REFERENCE_SIDE_PX, Anatomy, draw_uniform

# Widths at which fibres are rendered, pixels; a point of another width is shared by its two neighbours.
RENDER_SIGMAS_PX = (0.6, 0.8, 1.05, 1.35, 1.75, 2.3)

# A fibre is drawn to where it falls under this brightness above its surroundings, grey levels: its visible end.
MIN_PEAK_LEVELS = 22.0

# Half width of the mask in units of sigma: the fibre down to 40 % of its peak, as tracers paint it.
MASK_REACH_SIGMAS = 1.4

# Smallest half width of the mask, pixels.
MIN_MASK_HALF_WIDTH_PX = 1.2


@dataclass(frozen=True)
class Fibres:
    """Points of all fibres, flat arrays of one length.

    Attributes:
        y, x: Positions, pixels.
        sigma: Gaussian half profile, pixels.
        peak: Brightness of the axis above its surroundings, grey levels.
    """

    y: np.ndarray
    x: np.ndarray
    sigma: np.ndarray
    peak: np.ndarray


@dataclass(frozen=True)
class _Generation:
    """Fibres of one order of branching: curves with (n, points) sigma and peak before beading."""

    curves: Curves
    sigma: np.ndarray
    peak: np.ndarray
    beading: float

    def bead_fibres(self, rng: np.random.Generator) -> Fibres:
        """Bead the curves and drop what is too faint to see."""
        count, points = self.sigma.shape
        length = points * CURVE_STEP_PX
        beads = np.maximum(draw_smooth_noise(rng, count, length, 2.2), 0.0)
        depth = draw_smooth_noise(rng, count, length, 45.0)
        peak = self.peak * np.exp(0.22 * depth) * (1.0 + self.beading * (beads - 0.4))
        sigma = self.sigma * (1.0 + 0.3 * self.beading * (beads - 0.4))
        seen = (self.peak * np.exp(0.22 * depth) >= MIN_PEAK_LEVELS) & (self.sigma > 0)
        return Fibres(
            self.curves.y[seen], self.curves.x[seen], sigma[seen], np.maximum(peak[seen], 0.6 * MIN_PEAK_LEVELS)
        )


def grow_fibres(rng: np.random.Generator, size: int, anatomy: Anatomy) -> Fibres:
    """Grow the nerve plexus of one field of ``size`` x ``size`` pixels."""
    trunks = _grow_trunks(rng, size, anatomy)
    branches = _grow_branches(rng, size, trunks, anatomy, order=1)
    twigs = _grow_branches(rng, size, branches, anatomy, order=2)
    parts = [generation.bead_fibres(rng) for generation in (trunks, branches, twigs)]
    return Fibres(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "x", "sigma", "peak")))


def _grow_trunks(rng: np.random.Generator, size: int, anatomy: Anatomy) -> _Generation:
    """Fibres across the whole field, side by side along one main direction."""
    count = max(1, round(draw_uniform(rng, anatomy.trunks) * size / REFERENCE_SIDE_PX))
    length = 1.7 * size
    main = rng.uniform(0, 2 * np.pi)
    turning, tortuosity = draw_uniform(rng, anatomy.turning), draw_uniform(rng, anatomy.tortuosity)
    heading = main + turning * draw_smooth_noise(rng, 1, length, 160.0)
    heading = heading + 0.6 * turning * draw_smooth_noise(rng, count, length, 70.0)
    heading = heading + tortuosity * draw_smooth_noise(rng, count, length, 13.0)
    curves = follow_heading(np.zeros(count), np.zeros(count), heading)
    # The middle of every trunk is put on a line across the main direction, evenly spread with jitter.
    place = ((np.arange(count) + rng.uniform(0.1, 0.9, count)) / count - 0.5) * 1.15 * size
    middle = curves.y.shape[1] // 2
    y = curves.y - curves.y[:, middle, None] + size / 2 + (place * np.cos(main))[:, None]
    x = curves.x - curves.x[:, middle, None] + size / 2 - (place * np.sin(main))[:, None]
    sigma = draw_uniform(rng, anatomy.trunk_sigma, count)
    low, high = anatomy.trunk_peak
    peak = low * (high / low) ** rng.uniform(0, 1, count)
    taper = np.linspace(1.0, 0.75, curves.y.shape[1])
    return _Generation(Curves(y, x, heading), sigma[:, None] * taper, peak[:, None] * taper, beading=0.5)


def _grow_branches(
    rng: np.random.Generator, size: int, parents: _Generation, anatomy: Anatomy, order: int
) -> _Generation:
    """Fibres that leave ``parents`` sideways, bend back towards their direction and thin out to nothing."""
    y, x = parents.curves.y, parents.curves.x
    inside = (y > 0) & (x > 0) & (y < size) & (x < size) & (parents.sigma > 0)
    rows, points = np.nonzero(inside)
    rate = draw_uniform(rng, anatomy.branches_per_px) / order**2
    count = int(rng.poisson(rate * CURVE_STEP_PX * rows.size)) if rows.size else 0
    longest = 220.0 / order
    # One branch a stretch of equal length, so that they do not crowd.
    pick = ((np.arange(count) + rng.uniform(0, 1, count)) / max(count, 1) * rows.size).astype(int)
    row, point = (rows[pick], points[pick]) if count else (np.zeros(0, int), np.zeros(0, int))
    arc = np.arange(round(longest / CURVE_STEP_PX)) * CURVE_STEP_PX
    angle = rng.choice((-1.0, 1.0), count) * rng.uniform(0.35, 1.1, count)
    bend = draw_uniform(rng, (25.0, 120.0), count)
    stay = draw_uniform(rng, (0.1, 1.0), count)[:, None]
    heading = parents.curves.heading[row, point][:, None] + angle[:, None] * (
        stay + (1 - stay) * np.exp(-arc / bend[:, None])
    )
    if count:
        turning = draw_uniform(rng, anatomy.turning)
        bends = draw_smooth_noise(rng, count, longest, 60.0)
        heading += turning * (bends - bends[:, :1])
        heading += draw_uniform(rng, anatomy.tortuosity) * draw_smooth_noise(rng, count, longest, 11.0)
    curves = follow_heading(parents.curves.y[row, point], parents.curves.x[row, point], heading)
    length = rng.uniform(0.2, 1.0, count)[:, None] * longest
    left = np.clip(1.0 - arc / length, 0.0, 1.0) if count else np.zeros((0, arc.size))
    scale = draw_uniform(rng, anatomy.branch_scale, count)[:, None]
    sigma = np.maximum(parents.sigma[row, point][:, None] * scale * (0.7 + 0.3 * left), 0.6) * (left > 0)
    peak = parents.peak[row, point][:, None] * draw_uniform(rng, (0.45, 0.95), count)[:, None] * np.sqrt(left)
    return _Generation(curves, sigma, peak, beading=1.1)


def render_fibres(fibres: Fibres, size: int) -> np.ndarray:
    """Draw fibres as ridges of Gaussian profile.

    Returns:
        Brightness above the surroundings, grey levels, (size, size) float32.
    """
    levels = np.asarray(RENDER_SIGMAS_PX)
    position = np.interp(fibres.sigma, levels, np.arange(levels.size))
    total = np.zeros((size, size), np.float32)
    for index, sigma in enumerate(RENDER_SIGMAS_PX):
        share = np.clip(1.0 - np.abs(position - index), 0.0, None)
        near = share > 0
        # A line of unit weight per pixel, blurred by sigma, peaks at 1 / (sigma sqrt(2 pi)).
        weight = fibres.peak[near] * share[near] * CURVE_STEP_PX * sigma * np.sqrt(2 * np.pi)
        total += cut_margin(gaussian_filter(splat_points(fibres.y[near], fibres.x[near], weight, size), sigma))
    return total


def mask_fibres(fibres: Fibres, size: int) -> np.ndarray:
    """Mark the pixels within :data:`MASK_REACH_SIGMAS` sigma of a fibre's axis; (size, size) bool."""
    side = size + 2 * MARGIN_PX
    row, column = np.rint(fibres.y).astype(int) + MARGIN_PX, np.rint(fibres.x).astype(int) + MARGIN_PX
    inside = (row >= 0) & (column >= 0) & (row < side) & (column < side)
    reach = np.maximum(MASK_REACH_SIGMAS * fibres.sigma, MIN_MASK_HALF_WIDTH_PX).astype(np.float32)
    radius = np.zeros((side, side), np.float32)
    np.maximum.at(radius, (row[inside], column[inside]), reach[inside])
    if not radius.any():
        return np.zeros((size, size), bool)
    distance, (near_row, near_column) = distance_transform_edt(radius == 0, return_indices=True)
    return cut_margin(distance <= radius[near_row, near_column])
