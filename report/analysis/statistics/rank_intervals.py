"""Ranks with intervals, and groups of tied rows, from the crossed test of every pair of rows.

Two rows are parted where the crossed test (``crossed_effects.py``) of their difference has p below the level after
Holm's correction over all pairs. The interval of a row's rank runs from one more than the rows shown to be better, to
all rows without those shown to be worse; all intervals of a table hold together in 95 % of experiments (Al Mohamad,
Goeman and van Zwet, Simultaneous confidence intervals for ranks, 2022; Mogstad, Romano, Shaikh and Wilhelm, Inference
for ranks, Review of Economic Studies 2024). Ties are letters: rows share one unless they are parted (Piepho, An
algorithm for a letter-based representation of all-pairwise comparisons, 2004).

Controls would cost the methods power, since each adds pairs. So a control gets the rank that it would take among the
ranked rows, from the family of its comparisons, and counts in the rank of no other row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from string import ascii_letters

import numpy as np
import pandas as pd

from ..numbers import better_sign
from .crossed_effects import MIN_TRAININGS
from .paired_tests import SIGNIFICANCE_LEVEL, adjust_holm, compare_grids
from .summary import keep_complete_images


@dataclass(frozen=True)
class RowRank:
    """The place of a row.

    Attributes:
        low: Best rank of the 95 % interval; 1 where no ranked row is shown to be better.
        high: Worst rank of the interval.
        places: Rows that were ranked, this one included.
        ties: Letters of its groups of tied rows; empty where every ranked row is parted from it.
        control: Whether it is placed among the ranked rows without being one of them.
    """

    low: int
    high: int
    places: int
    ties: str
    control: bool = False

    @property
    def text(self) -> str:
        """The interval and the letters.

        >>> RowRank(1, 3, 7, "ab").text
        '1–3 ab'
        """
        span = str(self.low) if self.low == self.high else f"{self.low}–{self.high}"
        return f"{span} {self.ties}".strip()


def rank_rows(
    rows: Mapping[str, pd.DataFrame], ranked: Sequence[str], better: str, clusters: Mapping[str, str] | None = None
) -> dict[str, RowRank]:
    """Rank rows in one measure.

    Args:
        rows: (images, seeds) grids by row; rows of fewer than ``MIN_TRAININGS`` seeds or two images take no part.
        ranked: The rows that are ranked against each other; all others are controls.
        better: ``higher`` or ``lower``.
        clusters: The subject of each image.

    Returns:
        By row; empty where fewer than two rows can be ranked.
    """
    known = {row: grid for row, grid in rows.items() if _has_test(grid)}
    names = [row for row in ranked if row in known]
    if better == "none" or len(names) < 2:
        return {}
    sign = better_sign(better)
    pairs = list(combinations(range(len(names)), 2))
    compared = [_compare(known[names[a]], known[names[b]], clusters) for a, b in pairs]
    shown = np.zeros((len(names), len(names)), dtype=int)
    for (a, b), (difference, _), p in zip(pairs, compared, adjust_holm([p for _, p in compared]), strict=True):
        shown[a, b] = sign * np.sign(difference) if p < SIGNIFICANCE_LEVEL else 0
        shown[b, a] = -shown[a, b]
    means = [sign * float(keep_complete_images(known[row]).to_numpy().mean()) for row in names]
    groups = find_tie_groups(shown != 0, means)
    found = {row: _bound_rank(shown[place], _letters_of(place, groups)) for place, row in enumerate(names)}
    for row, grid in known.items():
        if row not in found:
            found[row] = _place_control(grid, [known[name] for name in names], sign, groups, clusters)
    return found


def _has_test(grid: pd.DataFrame) -> bool:
    return grid.shape[1] >= MIN_TRAININGS and len(keep_complete_images(grid)) > 1


def _compare(row: pd.DataFrame, other: pd.DataFrame, clusters: Mapping[str, str] | None) -> tuple[float, float]:
    """Return the mean difference and its p-value; NaN where too few seeds or images are common."""
    found, _left_out = compare_grids(row, other, clusters)
    return (np.nan, np.nan) if found is None else (found.difference, found.p)


def _bound_rank(shown: np.ndarray, ties: str) -> RowRank:
    """Return the rank of a row from its comparisons with all: 1 shown better, -1 shown worse, 0 neither."""
    count = len(shown)
    return RowRank(1 + int((shown < 0).sum()), count - int((shown > 0).sum()), count, ties)


def _place_control(
    grid: pd.DataFrame,
    others: Sequence[pd.DataFrame],
    sign: float,
    groups: Sequence[Sequence[int]],
    clusters: Mapping[str, str] | None,
) -> RowRank:
    compared = [_compare(grid, other, clusters) for other in others]
    corrected = np.array(adjust_holm([p for _, p in compared]))
    differences = np.array([difference for difference, _ in compared])
    shown = np.where(corrected < SIGNIFICANCE_LEVEL, sign * np.sign(differences), 0)
    ties = "".join(name_group(number) for number, group in enumerate(groups) if not shown[list(group)].any())
    worse, better = int((shown < 0).sum()), int((shown > 0).sum())
    return RowRank(1 + worse, 1 + len(others) - better, 1 + len(others), ties, control=True)


def find_tie_groups(parted: np.ndarray, means: Sequence[float]) -> list[tuple[int, ...]]:
    """Return the largest groups of rows of which no two are parted; the group with the best rows comes first.

    Args:
        parted: Whether two rows are parted, (k, k), symmetric.
        means: Mean of each row, the higher the better; orders groups and the rows in them.

    >>> find_tie_groups(np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=bool), [3.0, 2.0, 1.0])
    [(0, 1), (1, 2)]
    """
    order = sorted(range(len(means)), key=lambda place: -means[place])
    place_in_order = {row: place for place, row in enumerate(order)}
    tied = {row: {other for other in order if other != row and not parted[row, other]} for row in order}
    groups = [sorted(group, key=place_in_order.__getitem__) for group in _find_cliques(set(), set(order), set(), tied)]
    groups.sort(key=lambda group: [place_in_order[row] for row in group])
    return [tuple(group) for group in groups]


def _find_cliques(
    chosen: set[int], candidates: set[int], finished: set[int], tied: Mapping[int, set[int]]
) -> Iterator[set[int]]:
    """Yield the largest sets of rows that are all tied (Bron and Kerbosch, Algorithm 457, 1973, with a pivot)."""
    if not candidates and not finished:
        yield chosen
        return
    pivot = max(candidates | finished, key=lambda row: len(tied[row] & candidates))
    for row in sorted(candidates - tied[pivot]):
        yield from _find_cliques(chosen | {row}, candidates & tied[row], finished & tied[row], tied)
        candidates = candidates - {row}
        finished = finished | {row}


def _letters_of(place: int, groups: Sequence[Sequence[int]]) -> str:
    return "".join(name_group(number) for number, group in enumerate(groups) if place in group)


def name_group(number: int) -> str:
    """Return the letter of a group: a to z, A to Z, then numbers in brackets.

    >>> name_group(0), name_group(52)
    ('a', '(53)')
    """
    return ascii_letters[number] if number < len(ascii_letters) else f"({number + 1})"
