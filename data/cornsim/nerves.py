"""Nerve fibres: branching, tapering and beaded, with the exact mask of where they run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from .curves import MARGIN, STEP, Curves, cut, smooth_noise, splat, walk
from .parameters import FIELD, Anatomy, draw

SIGMAS = (0.6, 0.8, 1.05, 1.35, 1.75, 2.3)
"""Widths at which fibres are rendered, pixels; a point of another width is shared by its two neighbours."""

FAINTEST = 22.0
"""A fibre is drawn to where it falls under this brightness above its surroundings, grey levels: its visible end."""

MASK_REACH = 1.4
"""Half width of the mask in units of sigma: the fibre down to 40 % of its peak, as tracers paint it."""

MASK_LEAST = 1.2
"""Smallest half width of the mask, pixels."""


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

    def fibres(self, rng: np.random.Generator) -> Fibres:
        """Bead the curves and drop what is too faint to see."""
        count, points = self.sigma.shape
        length = points * STEP
        beads = np.maximum(smooth_noise(rng, count, length, 2.2), 0.0)
        depth = smooth_noise(rng, count, length, 45.0)
        peak = self.peak * np.exp(0.22 * depth) * (1.0 + self.beading * (beads - 0.4))
        sigma = self.sigma * (1.0 + 0.3 * self.beading * (beads - 0.4))
        seen = (self.peak * np.exp(0.22 * depth) >= FAINTEST) & (self.sigma > 0)
        return Fibres(self.curves.y[seen], self.curves.x[seen], sigma[seen], np.maximum(peak[seen], 0.6 * FAINTEST))


def grow(rng: np.random.Generator, size: int, anatomy: Anatomy) -> Fibres:
    """Grow the nerve plexus of one field of ``size`` x ``size`` pixels."""
    trunks = _trunks(rng, size, anatomy)
    branches = _branches(rng, size, trunks, anatomy, order=1)
    twigs = _branches(rng, size, branches, anatomy, order=2)
    parts = [generation.fibres(rng) for generation in (trunks, branches, twigs)]
    return Fibres(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "x", "sigma", "peak")))


def _trunks(rng: np.random.Generator, size: int, anatomy: Anatomy) -> _Generation:
    """Fibres across the whole field, side by side along one main direction."""
    count = max(1, round(draw(rng, anatomy.trunks) * size / FIELD))
    length = 1.7 * size
    main = rng.uniform(0, 2 * np.pi)
    turning, tortuosity = draw(rng, anatomy.turning), draw(rng, anatomy.tortuosity)
    heading = main + turning * smooth_noise(rng, 1, length, 160.0)
    heading = heading + 0.6 * turning * smooth_noise(rng, count, length, 70.0)
    heading = heading + tortuosity * smooth_noise(rng, count, length, 13.0)
    curves = walk(np.zeros(count), np.zeros(count), heading)
    # The middle of every trunk is put on a line across the main direction, evenly spread with jitter.
    place = ((np.arange(count) + rng.uniform(0.1, 0.9, count)) / count - 0.5) * 1.15 * size
    middle = curves.y.shape[1] // 2
    y = curves.y - curves.y[:, middle, None] + size / 2 + (place * np.cos(main))[:, None]
    x = curves.x - curves.x[:, middle, None] + size / 2 - (place * np.sin(main))[:, None]
    sigma = draw(rng, anatomy.trunk_sigma, count)
    low, high = anatomy.trunk_peak
    peak = low * (high / low) ** rng.uniform(0, 1, count)
    taper = np.linspace(1.0, 0.75, curves.y.shape[1])
    return _Generation(Curves(y, x, heading), sigma[:, None] * taper, peak[:, None] * taper, beading=0.5)


def _branches(rng: np.random.Generator, size: int, parents: _Generation, anatomy: Anatomy, order: int) -> _Generation:
    """Fibres that leave ``parents`` sideways, bend back towards their direction and thin out to nothing."""
    inside = _within(parents.curves, size) & (parents.sigma > 0)
    rows, points = np.nonzero(inside)
    rate = draw(rng, anatomy.branches_per_px) / order**2
    count = int(rng.poisson(rate * STEP * rows.size)) if rows.size else 0
    longest = 220.0 / order
    # One branch a stretch of equal length, so that they do not crowd.
    pick = ((np.arange(count) + rng.uniform(0, 1, count)) / max(count, 1) * rows.size).astype(int)
    row, point = (rows[pick], points[pick]) if count else (np.zeros(0, int), np.zeros(0, int))
    arc = np.arange(round(longest / STEP)) * STEP
    angle = rng.choice((-1.0, 1.0), count) * rng.uniform(0.35, 1.1, count)
    bend = draw(rng, (25.0, 120.0), count)
    stay = draw(rng, (0.1, 1.0), count)[:, None]
    heading = parents.curves.heading[row, point][:, None] + angle[:, None] * (
        stay + (1 - stay) * np.exp(-arc / bend[:, None])
    )
    if count:
        heading += draw(rng, anatomy.turning) * _from_zero(smooth_noise(rng, count, longest, 60.0))
        heading += draw(rng, anatomy.tortuosity) * smooth_noise(rng, count, longest, 11.0)
    curves = walk(parents.curves.y[row, point], parents.curves.x[row, point], heading)
    length = rng.uniform(0.2, 1.0, count)[:, None] * longest
    left = np.clip(1.0 - arc / length, 0.0, 1.0) if count else np.zeros((0, arc.size))
    scale = draw(rng, anatomy.branch_scale, count)[:, None]
    sigma = np.maximum(parents.sigma[row, point][:, None] * scale * (0.7 + 0.3 * left), 0.6) * (left > 0)
    peak = parents.peak[row, point][:, None] * draw(rng, (0.45, 0.95), count)[:, None] * np.sqrt(left)
    return _Generation(curves, sigma, peak, beading=1.1)


def _within(curves: Curves, size: int) -> np.ndarray:
    return (curves.y > 0) & (curves.x > 0) & (curves.y < size) & (curves.x < size)


def _from_zero(noise: np.ndarray) -> np.ndarray:
    return noise - noise[:, :1]


def render(fibres: Fibres, size: int) -> np.ndarray:
    """Draw fibres as ridges of Gaussian profile.

    Returns:
        Brightness above the surroundings, grey levels, (size, size) float32.
    """
    levels = np.asarray(SIGMAS)
    position = np.interp(fibres.sigma, levels, np.arange(levels.size))
    total = np.zeros((size, size), np.float32)
    for index, sigma in enumerate(SIGMAS):
        share = np.clip(1.0 - np.abs(position - index), 0.0, None)
        near = share > 0
        # A line of unit weight per pixel, blurred by sigma, peaks at 1 / (sigma sqrt(2 pi)).
        weight = fibres.peak[near] * share[near] * STEP * sigma * np.sqrt(2 * np.pi)
        total += cut(gaussian_filter(splat(fibres.y[near], fibres.x[near], weight, size), sigma))
    return total


def mask(fibres: Fibres, size: int) -> np.ndarray:
    """Mark the pixels within :data:`MASK_REACH` sigma of a fibre's axis; (size, size) bool."""
    side = size + 2 * MARGIN
    row, column = np.rint(fibres.y).astype(int) + MARGIN, np.rint(fibres.x).astype(int) + MARGIN
    inside = (row >= 0) & (column >= 0) & (row < side) & (column < side)
    reach = np.maximum(MASK_REACH * fibres.sigma, MASK_LEAST).astype(np.float32)
    radius = np.zeros((side, side), np.float32)
    np.maximum.at(radius, (row[inside], column[inside]), reach[inside])
    if not radius.any():
        return np.zeros((size, size), bool)
    distance, (near_row, near_column) = distance_transform_edt(radius == 0, return_indices=True)
    return cut(distance <= radius[near_row, near_column])
