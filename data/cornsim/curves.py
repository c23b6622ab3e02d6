"""Wandering curves and smooth random fields: the material of fibres, bands and light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter

# Distance of neighbouring points of a curve, pixels.
CURVE_STEP_PX = 0.5

# Width of the border rendered around an image and cut off, pixels, so that nothing fades at the edge.
MARGIN_PX = 12


@dataclass(frozen=True)
class Curves:
    """Curves of equal length.

    Attributes:
        y, x: Positions, pixels, (n, points) float64.
        heading: Direction, radians, (n, points) float64; 0 points to the right, pi/2 down.
    """

    y: np.ndarray
    x: np.ndarray
    heading: np.ndarray


def draw_smooth_noise(rng: np.random.Generator, count: int, length: float, knot: float) -> np.ndarray:
    """Draw ``count`` smooth random functions of arc length, about unit sd, changing over ``knot`` pixels.

    Returns:
        (count, points) float64, ``points = round(length / STEP)``.
    """
    points = round(length / CURVE_STEP_PX)
    knots = int(np.ceil(length / knot)) + 3
    values = rng.standard_normal((knots, count))
    arc = np.arange(points) * (CURVE_STEP_PX / knot) + 1.0
    return np.ascontiguousarray(CubicSpline(np.arange(knots), values)(arc).T)


def follow_heading(y: np.ndarray, x: np.ndarray, heading: np.ndarray) -> Curves:
    """Follow ``heading`` (n, points) in steps of :data:`CURVE_STEP_PX` from the starting points ``y``, ``x`` (n,)."""
    return Curves(
        y=y[:, None] + np.cumsum(np.sin(heading), axis=1) * CURVE_STEP_PX,
        x=x[:, None] + np.cumsum(np.cos(heading), axis=1) * CURVE_STEP_PX,
        heading=heading,
    )


def splat_points(y: np.ndarray, x: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    """Add up ``weight`` of points at sub-pixel positions on a canvas with :data:`MARGIN_PX` on every side.

    Positions are in pixels of the image of ``size`` x ``size``; each weight is shared bilinearly by the four pixels
    around. Returns (size + 2 MARGIN,) * 2 float32.
    """
    side = size + 2 * MARGIN_PX
    y, x = y.ravel() + MARGIN_PX, x.ravel() + MARGIN_PX
    inside = (y >= 0) & (x >= 0) & (y < side - 1) & (x < side - 1)
    y, x, weight = y[inside], x[inside], weight.ravel()[inside]
    row, column = y.astype(np.int64), x.astype(np.int64)
    down, right = y - row, x - column
    canvas = np.zeros(side * side)
    for step_down, share_down in ((0, 1 - down), (1, down)):
        for step_right, share_right in ((0, 1 - right), (1, right)):
            index = (row + step_down) * side + column + step_right
            canvas += np.bincount(index, weight * share_down * share_right, minlength=side * side)
    return canvas.reshape(side, side).astype(np.float32)


def cut_margin(canvas: np.ndarray) -> np.ndarray:
    """Cut the :data:`MARGIN_PX` off a canvas."""
    return canvas[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]


def draw_smooth_field(rng: np.random.Generator, size: int, period: float) -> np.ndarray:
    """Draw a smooth random field, (size, size) float32 of about unit sd, that changes over ``period`` pixels."""
    knots = int(np.ceil(size / period)) + 3
    basis = CubicSpline(np.arange(knots), np.eye(knots))(np.arange(size) / period + 1.0)
    # einsum, not the matrix product: its rounding does not depend on how many threads BLAS has.
    rows = np.einsum("ik,kl->il", basis, rng.standard_normal((knots, knots)))
    return np.einsum("il,jl->ij", rows, basis).astype(np.float32)


def enlarge_field(coarse: np.ndarray, factor: int, size: int) -> np.ndarray:
    """Enlarge a field bilinearly ``factor`` times, then cut it to (size, size); pixel 0 stays pixel 0."""
    position = np.arange(size) / factor
    low = position.astype(int)
    part = (position - low).astype(np.float32)
    rows = coarse[low] * (1 - part)[:, None] + coarse[low + 1] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, low + 1] * part


def draw_correlated_noise(rng: np.random.Generator, size: int, sigma: float) -> np.ndarray:
    """Draw Gaussian noise blurred by ``sigma`` pixels and brought back to unit sd, (size, size) float32."""
    noise = gaussian_filter(rng.standard_normal((size, size), dtype=np.float32), sigma, mode="wrap")
    return noise / noise.std()
