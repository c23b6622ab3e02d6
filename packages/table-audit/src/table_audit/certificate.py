"""Proves that no set of images has the printed means and sds, by a weighting of the cells checked on every image.

Let m be the printed mean of a quantity f. The certificate holds numbers y and z per quantity and looks at

    F(image) = sum of  y (f - m) + z (f - m)²  over the quantities.

Averaged over any images whose cells print as published, F is at most ``allowed``: that takes the printed means, sds and
half digits alone. If F of each single image is at least ``floor``, and floor > allowed, no such images exist. The floor
is proven over all images (r, SEN, SPE), not over a sample of them, by branch and bound with exact ranges of each f.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .image_measures import POINTWISE, Floats, auc_bounds
from .parametrisations import Parametrisation, choose_parametrisation
from .printed_table import PrintedTable

# Boxes examined before a proof attempt stops.
MAX_BOXES = 60_000_000
# Boxes examined at once; this many fit a processor's cache.
BATCH = 20_000
# Bound on floating-point errors, relative to the largest weight.
SAFETY = 1e-7


@dataclass(frozen=True)
class Moment:
    """The mean and mean square of one quantity over the images, as a cell prints them.

    Attributes:
        key: The quantity.
        mean: The printed mean.
        half: Half a unit of its last digit: the true mean is within ``mean ± half``.
        square_low: Smallest mean of ``(f - mean)²`` that prints like this (0 without an sd).
        square_high: Largest mean of ``(f - mean)²``; infinite without an sd.
    """

    key: str
    mean: float
    half: float
    square_low: float
    square_high: float

    @property
    def scale(self) -> float:
        """A typical deviation from the mean: the printed sd, or 0.01."""
        return max(float(np.sqrt(self.square_high)), 1e-3) if np.isfinite(self.square_high) else 1e-2


def read_moments(table: PrintedTable, method: int, keys: Sequence[str]) -> tuple[Moment, ...]:
    """Read the cells of one method as moments over its images; the divisor of the sds may be n or n - 1."""
    found = []
    for key in keys:
        row = table.rows[key]
        low, high = (float(end[method]) for end in row.sd_interval())
        mean, half = float(row.mean[method]), float(row.half[method])
        known = np.isfinite(low) and np.isfinite(high)
        # E (f - m)² = sd² + (true mean - m)², and the true mean is within half a digit of m.
        found.append(Moment(key, mean, half, low**2 if known else 0.0, high**2 + half**2 if known else np.inf))
    return tuple(found)


@dataclass(frozen=True)
class Certificate:
    """A proof of impossibility that needs arithmetic only.

    Attributes:
        moments: The cells it rests on.
        linear: y by quantity.
        square: z by quantity.
        allowed: The most that F can average over images that print as published.
        floor: A lower bound of F on every single image.
        shares: Smallest and largest share of positive pixels the proof covers.
        boxes: Boxes of (r, SEN, SPE) the floor was proven on.
    """

    moments: tuple[Moment, ...]
    linear: Mapping[str, float]
    square: Mapping[str, float]
    allowed: float
    floor: float
    shares: tuple[float, float]
    boxes: int

    def __str__(self) -> str:
        terms = []
        for moment in self.moments:
            y, z = self.linear[moment.key], self.square[moment.key]
            terms += [f"{y:+.6g}·({moment.key}−{moment.mean:g})"] if y else []
            terms += [f"{z:+.6g}·({moment.key}−{moment.mean:g})²"] if z else []
        low, high = self.shares
        covers = "any share of positive pixels" if (low, high) == (0.0, 1.0) else f"shares of {low:g} to {high:g}"
        return (
            f"{' '.join(terms)} is at least {self.floor:.6g} on every image ({covers}), "
            f"but averages at most {self.allowed:.6g} over images that print like this"
        )


def measure_images(key: str, points: Floats) -> Floats:
    """Return a quantity of images (4, K): r, SEN, SPE and where AUC lies between its bounds (0 to 1)."""
    r, sen, spe, place = points
    if key == "auc":
        low, high = auc_bounds(sen, spe)
        between: Floats = low + place * (high - low)
        return between
    return POINTWISE[key](r, sen, spe)


def largest_average(moments: Sequence[Moment], linear: Mapping[str, float], square: Mapping[str, float]) -> float:
    """Return the most that F can average over images whose cells print as published."""
    total = 0.0
    for moment in moments:
        y, z = linear[moment.key], square[moment.key]
        total += abs(y) * moment.half
        if z:
            total += z * (moment.square_high if z > 0 else moment.square_low)
    return total


def prove(
    moments: Sequence[Moment],
    linear: Mapping[str, float],
    square: Mapping[str, float],
    shares: tuple[float, float],
    room: float = 0.0,
) -> Certificate | Floats | None:
    """Try to prove that F exceeds what the cells allow, and ``room`` more, on every image.

    Returns:
        The certificate; or images (4, K) that refute the weighting; or None where ``MAX_BOXES`` did not suffice.
    """
    maximum = largest_average(moments, linear, square)
    if not np.isfinite(maximum):
        return None
    floor = maximum + room + SAFETY * max(abs(value) for value in (*linear.values(), *square.values(), 1.0))
    space = choose_parametrisation([moment.key for moment in moments])
    waiting, seen = [space.bounding_box(shares)], 0
    while waiting:
        low, high = waiting.pop()
        seen += low.shape[1]
        if seen > MAX_BOXES:
            return None
        unproven = space.may_hold_images(low, high, shares)
        unproven[unproven] = (
            bound_from_below(space, moments, linear, square, low[:, unproven], high[:, unproven]) <= floor
        )
        low, high = low[:, unproven], high[:, unproven]
        worst = find_counterexamples(moments, linear, square, space.to_images((low + high) / 2, shares), floor)
        if worst.shape[1]:
            return worst
        waiting += _split(low, high)
    return Certificate(tuple(moments), dict(linear), dict(square), maximum, floor, shares, seen)


def bound_from_below(
    space: Parametrisation,
    moments: Sequence[Moment],
    linear: Mapping[str, float],
    square: Mapping[str, float],
    low: Floats,
    high: Floats,
) -> Floats:
    """Bound F from below over boxes (3, K) of a parametrisation."""
    total = np.zeros(low.shape[1])
    for moment in moments:
        y, z = linear[moment.key], square[moment.key]
        if y == 0 and z == 0:
            continue
        below, above = space.enclose(moment.key, low, high)
        total += _minimise_quadratic(y, z, below - moment.mean, above - moment.mean)
    return total


def _minimise_quadratic(y: float, z: float, low: Floats, high: Floats) -> Floats:
    """Return the smallest ``y x + z x²`` over low <= x <= high."""
    minimum = np.minimum(y * low + z * low**2, y * high + z * high**2)
    if z > 0:
        bottom = np.clip(-y / (2 * z), low, high)
        minimum = np.minimum(minimum, y * bottom + z * bottom**2)
    return minimum


def find_counterexamples(
    moments: Sequence[Moment],
    linear: Mapping[str, float],
    square: Mapping[str, float],
    centres: Floats,
    floor: float,
    maximum: int = 200,
) -> Floats:
    """Return the images (4, up to ``maximum``) at these centres (3, K) whose F is not above the floor, lowest first."""
    if not centres.shape[1]:
        return np.zeros((4, 0))
    places = np.array([0.0, 0.5, 1.0]) if any(moment.key == "auc" for moment in moments) else np.array([0.0])
    points = np.concatenate([np.vstack([centres, np.full(centres.shape[1], place)]) for place in places], axis=1)
    value = weighted_sum(moments, linear, square, points)
    order = np.argsort(value)[:maximum]
    return points[:, order[value[order] <= floor]]


def weighted_sum(
    moments: Sequence[Moment], linear: Mapping[str, float], square: Mapping[str, float], points: Floats
) -> Floats:
    """Return F of images (4, K)."""
    total = np.zeros(points.shape[1])
    for moment in moments:
        off = measure_images(moment.key, points) - moment.mean
        total += linear[moment.key] * off + square[moment.key] * off**2
    return total


def _split(low: Floats, high: Floats) -> list[tuple[Floats, Floats]]:
    """Halve each box along every axis; return the boxes in batches of ``BATCH``."""
    if not low.shape[1]:
        return []
    for axis in range(3):
        middle = (low[axis] + high[axis]) / 2
        left, right = high.copy(), low.copy()
        left[axis], right[axis] = middle, middle
        low, high = np.concatenate([low, right], axis=1), np.concatenate([left, high], axis=1)
    return [(low[:, at : at + BATCH], high[:, at : at + BATCH]) for at in range(0, low.shape[1], BATCH)]
