"""All methods at once: Friedman's test, mean ranks, Nemenyi's critical difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from .summary import KEYS, SMALLEST_N, by_image, grids


def friedman(
    scores: pd.DataFrame, better: Mapping[str, str] | None = None, *, alpha: float = 0.05
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rank the methods (rows without a variant) over images: Friedman's test, mean ranks, Nemenyi's pairwise test.

    Args:
        scores: Tidy scores.
        better: ``higher`` or ``lower`` by metric; rank 1 is best. A metric not named counts as ``higher``.
        alpha: Level of the critical difference.

    Returns:
        Three tables: (1) dataset, preset, metric, k (methods), n (images with all values), n_nan, statistic, p,
        critical_difference, note; (2) dataset, preset, metric, row, mean_rank; (3) dataset, preset, metric, row, other,
        rank_difference, p_nemenyi.
    """
    tests, ranks, pairs = [], [], []
    plain = scores[scores["variant"].fillna("").astype(str) == ""]
    for key, rows in grids(plain):
        named: dict[str, float | int | str] = dict(zip(KEYS, key, strict=True))
        images = set().union(*(part.index for part in rows.values()))
        values = pd.DataFrame({row: by_image(part) for row, part in rows.items()}, index=sorted(images))
        complete = values.dropna()
        sign = 1 if (better or {}).get(key[-1]) == "lower" else -1
        tests.append(named | _friedman(complete, len(values), alpha))
        if len(complete) == 0:
            continue
        mean_ranks = (sign * complete).rank(axis=1).mean()
        ranks += [{**named, "row": row, "mean_rank": float(rank)} for row, rank in mean_ranks.items()]
        if np.isfinite(tests[-1]["p"]):
            pairs += [{**named, **pair} for pair in _nemenyi(sign * complete, mean_ranks)]
    return (
        pd.DataFrame(tests, columns=[*KEYS, "k", "n", "n_nan", "statistic", "p", "critical_difference", "note"]),
        pd.DataFrame(ranks, columns=[*KEYS, "row", "mean_rank"]),
        pd.DataFrame(pairs, columns=[*KEYS, "row", "other", "rank_difference", "p_nemenyi"]),
    )


def _friedman(complete: pd.DataFrame, images: int, alpha: float) -> dict[str, float | int | str]:
    n, k = complete.shape
    line: dict[str, float | int | str] = {
        "k": k,
        "n": n,
        "n_nan": images - n,
        "statistic": np.nan,
        "p": np.nan,
        "critical_difference": np.nan,
    }
    if k < 3:
        return {**line, "note": f"no test: {k} methods, fewer than 3"}
    if n < SMALLEST_N:
        return {**line, "note": f"no test: {n} images with all values, fewer than {SMALLEST_N}"}
    if (complete.nunique(axis=1) == 1).all():
        return {**line, "note": "no test: all methods are equal on every image"}
    found = stats.friedmanchisquare(*complete.to_numpy().T)
    difference = critical_difference(k, n, alpha)
    return line | {
        "statistic": float(found.statistic), "p": float(found.pvalue), "critical_difference": difference, "note": "",
    }  # fmt: skip


def critical_difference(k: int, n: int, alpha: float = 0.05) -> float:
    """Return Nemenyi's critical difference of mean ranks of k methods over n images (Demsar 2006)."""
    return float(stats.studentized_range.ppf(1 - alpha, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n)))


def _nemenyi(values: pd.DataFrame, mean_ranks: pd.Series) -> Iterator[dict[str, float | str]]:
    from scikit_posthocs import posthoc_nemenyi_friedman

    p = posthoc_nemenyi_friedman(values.to_numpy()).to_numpy()
    names = list(values.columns)
    for i, row in enumerate(names):
        for j in range(i + 1, len(names)):
            difference = float(mean_ranks[row] - mean_ranks[names[j]])
            yield {"row": row, "other": names[j], "rank_difference": difference, "p_nemenyi": float(p[i, j])}
