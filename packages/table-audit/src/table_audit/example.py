"""Builds n images that print as published from a mixture, and recomputes their cells as a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .certificate import measure_images
from .feasibility import Mixture
from .image_measures import Floats
from .printed_table import PrintedTable

# Gauss-Newton steps before the search for n images stops.
STEPS = 200
_WIDTH = 1e-6
# How far into its rounding interval a recomputed number must lie, so that it prints as published for sure.
_INSIDE = 0.9


@dataclass(frozen=True)
class Example:
    """n images whose cells print as published.

    Attributes:
        keys: The quantities.
        images: (4, n): r, SEN, SPE and where AUC lies between its bounds.
        ddof: Whether the sds are with n (0) or n - 1 (1).
        means: Their means by quantity, (Q,).
        sds: Their sds by quantity, (Q,).
    """

    keys: tuple[str, ...]
    images: Floats
    ddof: int
    means: Floats
    sds: Floats


def build_example(
    table: PrintedTable, method: int, keys: Sequence[str], mixture: Mixture, shares: tuple[float, float] = (0.0, 1.0)
) -> Example | None:
    """Turn a mixture into as many images as the table averages over; return None if that fails."""
    count = int(table.rows[keys[0]].n[method])
    start = _apportion_images(mixture, count)
    for ddof in (1, 0) if count > 1 else (0,):
        found = _fit_to_cells(table, method, tuple(keys), start, shares, ddof)
        if found is not None:
            return found
    return None


def recompute_cells(keys: Sequence[str], images: Floats, ddof: int) -> tuple[Floats, Floats]:
    """Return means and sds of quantities, (Q,) each, over images (4, n)."""
    values = np.stack([measure_images(key, images) for key in keys])
    return values.mean(axis=1), values.std(axis=1, ddof=ddof)


def _apportion_images(mixture: Mixture, count: int) -> Floats:
    """Give each image of the mixture its part of ``count`` by largest remainders, with a little noise."""
    wanted = mixture.weights / mixture.weights.sum() * count
    number = np.floor(wanted).astype(int)
    order = np.argsort(number - wanted)
    number[order[: count - number.sum()]] += 1
    points = np.repeat(mixture.points, number, axis=1)
    return points + np.random.default_rng(0).normal(scale=1e-3, size=points.shape)


@dataclass(frozen=True)
class _Target:
    """Targets: centres and half widths of the means and of the sds, (Q,) each; NaN without an sd."""

    means: Floats
    mean_halves: Floats
    sds: Floats
    sd_halves: Floats


def _target(table: PrintedTable, method: int, keys: Sequence[str]) -> _Target:
    rows = [table.rows[key] for key in keys]
    bounds = np.array([[end[method] for end in row.sd_ends()] for row in rows])
    half = np.maximum((bounds[:, 1] - bounds[:, 0]) / 2, _WIDTH)
    means = np.array([row.mean[method] for row in rows])
    return _Target(means, np.maximum([row.half[method] for row in rows], _WIDTH), bounds.mean(axis=1), half)


def _measure_misses(keys: Sequence[str], images: Floats, ddof: int, target: _Target) -> Floats:
    """Return the errors of the recomputed numbers in half digits, (2 Q,); 0 where nothing is printed."""
    means, sds = recompute_cells(keys, images, ddof)
    missed = [(means - target.means) / target.mean_halves, (sds - target.sds) / target.sd_halves]
    known: Floats = np.nan_to_num(np.concatenate(missed))
    return known


def _fit_to_cells(
    table: PrintedTable, method: int, keys: tuple[str, ...], start: Floats, shares: tuple[float, float], ddof: int
) -> Example | None:
    """Move the images by the smallest steps that bring the cells to the printed ones (damped Gauss-Newton)."""
    target = _target(table, method, keys)
    state = _to_state(start, shares)
    miss = _measure_misses(keys, _to_images(state, shares), ddof, target)
    for _ in range(STEPS):
        if np.abs(miss).max() <= _INSIDE:
            images = _to_images(state, shares)
            return Example(keys, images, ddof, *recompute_cells(keys, images, ddof))
        step = -np.linalg.lstsq(_differentiate_misses(keys, state, shares, ddof, target), miss, rcond=1e-10)[0].reshape(
            state.shape
        )
        step *= min(1.0, 1.0 / np.abs(step).max())
        for shrink in (1.0, 0.5, 0.25, 0.1, 0.02):
            moved = state + shrink * step
            after = _measure_misses(keys, _to_images(moved, shares), ddof, target)
            if np.square(after).sum() < np.square(miss).sum():
                break
        else:
            return None
        state, miss = moved, after
    return None


def _differentiate_misses(
    keys: tuple[str, ...], state: Floats, shares: tuple[float, float], ddof: int, target: _Target
) -> Floats:
    """Return d misses / d state, (2 Q, 4 n)."""
    count = state.shape[1]
    values = np.stack([measure_images(key, _to_images(state, shares)) for key in keys])
    off = values - values.mean(axis=1, keepdims=True)
    sds = np.maximum(values.std(axis=1, ddof=ddof), 1e-9)
    parts = []
    for axis in range(4):
        ends = []
        for move in (1e-5, -1e-5):
            moved = state.copy()
            moved[axis] += move
            ends.append(np.stack([measure_images(key, _to_images(moved, shares)) for key in keys]))
        slope = (ends[0] - ends[1]) / 2e-5
        mean_slope = slope / count / target.mean_halves[:, None]
        sd_slope = off * slope / (count - ddof) / sds[:, None] / target.sd_halves[:, None]
        parts.append(np.nan_to_num(np.concatenate([mean_slope, sd_slope])))
    return np.concatenate(parts, axis=1)


def _to_images(state: Floats, shares: tuple[float, float]) -> Floats:
    images = 1.0 / (1.0 + np.exp(-state))
    images[0] = shares[0] + (shares[1] - shares[0]) * images[0]
    return np.clip(images, 1e-9, 1.0 - 1e-9)


def _to_state(images: Floats, shares: tuple[float, float]) -> Floats:
    inside = images.copy()
    inside[0] = (images[0] - shares[0]) / (shares[1] - shares[0])
    inside = np.clip(inside, 1e-4, 1.0 - 1e-4)
    return np.log(inside / (1.0 - inside))
