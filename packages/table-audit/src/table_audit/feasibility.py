"""Decides whether cells are compatible, by a linear programme over images: a proof, or a mixture of images.

The unknowns are weights of images (r, SEN, SPE): means and mean squares of every measure are linear in them. Column
generation adds the images that the programme's dual asks for, until a mixture fits or the dual is proven on all images
(:mod:`table_audit.certificate`). A mixture over any images is less restricted than n images, so that "impossible" is
never reported wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import OptimizeResult, linprog

from .certificate import Certificate, Moment, largest_average, measure_images, prove, weighted_sum
from .image_measures import Floats

# Rounds of column generation before the question stays open.
ROUNDS = 40
# Share of the programme's misfit that a certificate must show.
ROOM = 0.1
# Rounds of column generation for the range of one mean.
REACH_ROUNDS = 12
# A total misfit, in printed sds, that counts as zero.
FITS = 1e-9
_SHARES = np.array([0.0005, 0.002, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.7, 0.95])
_RATES = np.array([0.001, 0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 0.97, 0.999])
_NEAR_ONE = np.array([0.01, 0.3, 0.6, 0.8, 0.9, 0.94, 0.97, 0.985, 0.995, 0.9999])


@dataclass(frozen=True)
class Mixture:
    """Weighted images with the wanted means and mean squares.

    Attributes:
        points: (4, K): r, SEN, SPE and where AUC lies between its bounds.
        weights: (K,), sum 1.
    """

    points: Floats
    weights: Floats


@lru_cache(maxsize=1024)
def decide_feasibility(
    moments: tuple[Moment, ...], shares: tuple[float, float] = (0.0, 1.0)
) -> Certificate | Mixture | None:
    """Decide whether some images have these moments.

    Args:
        moments: The cells.
        shares: Smallest and largest share of positive pixels an image may have.

    Returns:
        A certificate of impossibility, a mixture of images that fits, or None if neither was found.
    """
    points = _make_image_grid(moments, shares)
    rng = np.random.default_rng(0)
    for _ in range(ROUNDS):
        misfit, weights, linear, square = _minimise_misfit(moments, points)
        if misfit <= FITS:
            return Mixture(points[:, weights > 0], weights[weights > 0])
        limit = largest_average(moments, linear, square) + misfit / 2
        wanted = _find_helpful_images(moments, linear, square, points[:, weights > 1e-9], shares, rng, limit)
        if not wanted.shape[1]:
            outcome = prove(moments, linear, square, shares, ROOM * misfit)
            if isinstance(outcome, Certificate) or outcome is None:
                return outcome
            wanted = outcome
        points = np.concatenate([points, wanted], axis=1)
    return None


def _make_image_grid(moments: Sequence[Moment], shares: tuple[float, float]) -> Floats:
    low, high = shares
    share = np.unique(np.clip(np.append(_SHARES * (high - low) + low, [high]), low, high))
    share = np.clip(share, 1e-6, 1.0 - 1e-6)
    centre = {moment.key: moment.mean for moment in moments}
    sen = np.append(_RATES, np.clip(centre.get("sensitivity", 0.5), 0.0, 1.0))
    spe = np.append(_NEAR_ONE, np.clip(centre.get("specificity", 0.5), 0.0, 1.0))
    place = np.array([0.0, 0.5, 1.0]) if "auc" in centre else np.array([0.5])
    return np.stack([axis.ravel() for axis in np.meshgrid(share, sen, spe, place, indexing="ij")])


@lru_cache(maxsize=1024)
def find_feasible_range(
    moments: tuple[Moment, ...], key: str, shares: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float]:
    """Find the smallest and largest mean of a quantity that is compatible with other cells.

    Args:
        moments: The other cells.
        key: The quantity.
        shares: Smallest and largest share of positive pixels an image may have.

    Returns:
        The extreme means that mixtures of images were found for: every mean between them is possible for some
        mixture. NaN where the other cells are not possible themselves.
    """
    start = decide_feasibility(moments, shares)
    if not isinstance(start, Mixture):
        return float("nan"), float("nan")
    return _find_extreme_mean(moments, key, shares, start, 1.0), _find_extreme_mean(moments, key, shares, start, -1.0)


def _find_extreme_mean(
    moments: Sequence[Moment], key: str, shares: tuple[float, float], start: Mixture, sign: float
) -> float:
    """Return the smallest (sign 1) or largest (sign -1) mean of a quantity over mixtures, by column generation."""
    wanted = Moment(key, 0.0, 0.0, 0.0, np.inf)
    points = np.concatenate([_make_image_grid([*moments, wanted], shares), start.points], axis=1)
    rng = np.random.default_rng(0)
    best = float("nan")
    for _ in range(REACH_ROUNDS):
        found = _solve_programme(moments, points, sign * measure_images(key, points), 0.0)
        if found.x is None:
            return best
        best = sign * float(found.fun)
        linear, square = _split_marginals(moments, found.ineqlin.marginals)
        prices = {**linear, key: sign}, {**square, key: 0.0}
        used = found.x > 1e-9
        limit = float(weighted_sum([*moments, wanted], *prices, points[:, used]).max()) - 1e-5
        fresh = _find_helpful_images([*moments, wanted], *prices, points[:, used], shares, rng, limit)
        if not fresh.shape[1]:
            return best
        points = np.concatenate([points, fresh], axis=1)
    return best


def _minimise_misfit(
    moments: Sequence[Moment], points: Floats
) -> tuple[float, Floats, dict[str, float], dict[str, float]]:
    """Minimise the misfit t, in printed sds; return it, the weights, and the dual as weights of the cells."""
    found = _solve_programme(moments, points, np.zeros(points.shape[1]), 1.0)
    return float(found.fun), found.x[:-1], *_split_marginals(moments, found.ineqlin.marginals)


def _solve_programme(moments: Sequence[Moment], points: Floats, cost: Floats, misfit: float) -> OptimizeResult:
    """Minimise a mean over mixtures that have the moments; with ``misfit`` 1 they may be missed, at that cost."""
    rows, limits = [], []
    for moment in moments:
        off = (measure_images(moment.key, points) - moment.mean) / moment.scale
        rows += [off, -off]
        limits += [moment.half / moment.scale] * 2
        if np.isfinite(moment.square_high):
            rows += [off**2, -(off**2)]
            limits += [moment.square_high / moment.scale**2, -moment.square_low / moment.scale**2]
    above, whole = np.stack(rows), np.ones((1, points.shape[1]))
    if misfit:
        above = np.column_stack([above, np.full(len(rows), -1.0)])
        whole, cost = np.append(whole, [[0.0]], axis=1), np.append(cost, misfit)
    return linprog(cost, A_ub=above, b_ub=np.array(limits), A_eq=whole, b_eq=[1.0], method="highs")


def _split_marginals(moments: Sequence[Moment], marginals: Floats) -> tuple[dict[str, float], dict[str, float]]:
    """Turn the programme's marginals into the weights y and z of the cells."""
    linear, square = ({moment.key: 0.0 for moment in moments} for _ in range(2))
    prices = iter(marginals)
    for moment in moments:
        linear[moment.key] = float(next(prices) * -1 + next(prices)) / moment.scale
        if np.isfinite(moment.square_high):
            square[moment.key] = float(next(prices) * -1 + next(prices)) / moment.scale**2
    return linear, square


def _find_helpful_images(
    moments: Sequence[Moment],
    linear: dict[str, float],
    square: dict[str, float],
    support: Floats,
    shares: tuple[float, float],
    rng: np.random.Generator,
    limit: float,
) -> Floats:
    """Search near the images in use, and at random, for images with F below the limit."""
    near = [support]
    for width in (0.3, 0.1, 0.03, 0.01, 0.003):
        near.append(np.repeat(support, 60, axis=1) + width * rng.normal(size=(4, 60 * support.shape[1])))
    near.append(rng.uniform(size=(4, 3000)))
    points = np.concatenate(near, axis=1)
    # Shares near 0 matter most for thin structures: half of the candidates have one.
    points[0, ::2] = points[0, ::2] * rng.uniform(size=points[0, ::2].size) ** 3
    points = np.clip(points, 1e-6, 1.0 - 1e-6)
    points[0] = np.clip(points[0], shares[0], shares[1])
    value = weighted_sum(moments, linear, square, points)
    # Images in use have F = allowed + misfit; only those well below improve the programme.
    order = np.argsort(value)[:100]
    return points[:, order[value[order] < limit]]
