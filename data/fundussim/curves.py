"""Curves and smooth random fields: the material of vessels, light and choroid."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter


def smooth_noise(rng: np.random.Generator, count: int, points: int, knot: float) -> np.ndarray:
    """Draw ``count`` smooth random functions of about unit sd that change over ``knot`` points.

    Returns:
        (count, points) float64.
    """
    values = rng.standard_normal((count, int(np.ceil(points / knot)) + 3))
    position = np.arange(points) / knot + 1.0
    second = position.astype(int)
    t = position - second
    a, b, c, d = (values[:, second + step] for step in (-1, 0, 1, 2))
    # Catmull and Rom's cubic: through the values, with the slope of their neighbours.
    slope = 0.5 * (c - a)
    bend = a - 2.5 * b + 2.0 * c - 0.5 * d
    curl = 0.5 * (d - a) + 1.5 * (b - c)
    return b + t * (slope + t * (bend + t * curl))


def smooth_field(rng: np.random.Generator, size: int, sigma: float) -> np.ndarray:
    """Draw Gaussian noise blurred by ``sigma`` pixels and brought back to unit sd, (size, size) float32."""
    factor = max(int(sigma // 2), 1)
    coarse = rng.standard_normal((size // factor + 2, size // factor + 2), dtype=np.float32)
    blurred = gaussian_filter(coarse, sigma / factor, mode="wrap")
    return enlarge(blurred / blurred.std(), factor, size)


def enlarge(coarse: np.ndarray, factor: int, size: int) -> np.ndarray:
    """Enlarge a field bilinearly ``factor`` times, then crop it to (size, size)."""
    position = np.arange(size) / factor
    low = position.astype(int)
    part = (position - low).astype(np.float32)
    rows = coarse[low] * (1 - part)[:, None] + coarse[low + 1] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, low + 1] * part


def bezier(points: np.ndarray, count: int) -> np.ndarray:
    """Return ``count`` points of the cubic Bezier curve through (4, 2) control points, evenly spaced, (count, 2)."""
    t = np.linspace(0.0, 1.0, 400)[:, None]
    fine = (
        (1 - t) ** 3 * points[0] + 3 * (1 - t) ** 2 * t * points[1] + 3 * (1 - t) * t**2 * points[2] + t**3 * points[3]
    )
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(fine, axis=0).T))])
    even = np.linspace(0.0, arc[-1], count)
    return np.column_stack([np.interp(even, arc, fine[:, 0]), np.interp(even, arc, fine[:, 1])])


def splat(positions: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    """Add up the weights of points at sub-pixel positions, each shared bilinearly by the four pixels around it.

    Positions are (n, 2), row and column in pixels; weights (n, channels). Returns (channels, size, size) float32.
    """
    inside = ((positions >= 0) & (positions < size - 1)).all(axis=1)
    positions, weights = positions[inside], weights[inside]
    corner = positions.astype(np.int64)
    part = positions - corner
    canvas = np.zeros((weights.shape[1], size * size))
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - down - part[:, 0]) * np.abs(1 - right - part[:, 1])
            index = (corner[:, 0] + down) * size + corner[:, 1] + right
            for channel in range(weights.shape[1]):
                canvas[channel] += np.bincount(index, weights[:, channel] * share, minlength=size * size)
    return canvas.reshape(-1, size, size).astype(np.float32)
