"""What rank intervals and ties are worth: ranked again and again, methods of known order with a run's own spreads.

Each method has its own spread over trainings, over images and of the rest, as a results folder shows them. Counted is
how often the interval of a rank holds the true one, and how often a table parts methods that are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from report.analysis.statistics.crossed_effects import EffectSpreads
from report.analysis.statistics.rank_intervals import rank_rows


@dataclass(frozen=True)
class RankStudy:
    """What simulated tables show.

    Attributes:
        coverage: Share of intervals that hold the true rank, of equal methods every rank that they share.
        worst_coverage: That of the method with the lowest.
        parts_equal: Share of tables that part at least two equal methods.
        loses_best: Share of tables in which a method that none is better than loses rank 1.
        width: Mean number of ranks in an interval.
    """

    coverage: float
    worst_coverage: float
    parts_equal: float
    loses_best: float
    width: float


def simulate_ranks(
    means: Sequence[float],
    spreads: Sequence[EffectSpreads],
    trainings: int,
    images: int,
    draws: int,
    seed: int = 0,
) -> RankStudy:
    """Rank simulated methods in many tables and count what holds.

    Args:
        means: True means; the highest is best, equal ones are equal methods.
        spreads: Standard deviations of each method's values over trainings, over images and of the rest.
        trainings: Trainings per method.
        images: Test images.
        draws: Tables.
        seed: Seed of the draws.
    """
    generator = np.random.default_rng(seed)
    truth = np.asarray(means, dtype=float)
    names = [str(number) for number in range(len(truth))]
    best_rank = 1 + (truth[None] > truth[:, None]).sum(axis=1)
    worst_rank = len(truth) - (truth[None] < truth[:, None]).sum(axis=1)
    equal = np.triu(truth[:, None] == truth[None], 1)
    held = np.zeros(len(truth))
    parts, loses, width = 0, 0, 0.0
    for _ in range(draws):
        grids = {
            name: _draw_grid(mean, found, trainings, images, generator)
            for name, mean, found in zip(names, truth, spreads, strict=True)
        }
        ranks = rank_rows(grids, names, "higher")
        low, high = (np.array([getattr(ranks[name], end) for name in names]) for end in ("low", "high"))
        held += (low <= best_rank) & (high >= worst_rank)
        parts += any(not set(ranks[names[a]].ties) & set(ranks[names[b]].ties) for a, b in np.argwhere(equal))
        loses += bool((low[best_rank == 1] > 1).any())
        width += float((high - low + 1).mean())
    held /= draws
    return RankStudy(float(held.mean()), float(held.min()), parts / draws, loses / draws, width / draws)


def _draw_grid(
    mean: float, found: EffectSpreads, trainings: int, images: int, generator: np.random.Generator
) -> pd.DataFrame:
    """Return (images, seeds) values of one method."""
    values = (
        mean
        + found.trainings * generator.normal(size=(1, trainings))
        + found.images * generator.normal(size=(images, 1))
        + found.rest * generator.normal(size=(images, trainings))
    )
    return pd.DataFrame(values)
