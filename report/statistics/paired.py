"""Each row against a reference, image by image: signed-rank test, Holm, effect size, interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from ..subject import REFERENCES
from .bootstrap import bca_interval
from .summary import KEYS, SMALLEST_N, complete, grids


def paired_tests(
    scores: pd.DataFrame,
    references: Sequence[str] = REFERENCES,
    *,
    resamples: int = 9999,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare every row with each reference, image by image.

    Wilcoxon's signed-rank test is on seed-averaged values, with Holm's correction over the rows compared with one
    reference in one metric; the interval is BCa from a hierarchical bootstrap (seeds of each side, then images).

    Args:
        scores: Tidy scores.
        references: Rows to compare with (no variant: the method itself).
        resamples: Bootstrap resamples.
        seed: Seed of the bootstrap.

    Returns:
        dataset, preset, metric, row, reference, n (images with values on both sides), n_nan (images lost to missing
        values), difference (mean of row - reference), ci_low, ci_high (95 %), ci_method, median_difference, statistic,
        p, p_holm, rank_biserial (-1 .. 1, positive: row above reference), note.
    """
    lines = []
    for key, rows in grids(scores):
        for reference in references:
            if reference not in rows:
                continue
            compared = [
                {"row": row, "reference": reference, **_compare(values, rows[reference], resamples, seed)}
                for row, values in rows.items()
                if row != reference
            ]
            corrected = holm([line["p"] for line in compared])
            for line, p_holm in zip(compared, corrected, strict=True):
                lines.append({**dict(zip(KEYS, key, strict=True)), **line, "p_holm": p_holm})
    return pd.DataFrame(lines, columns=PAIRED)


PAIRED = [
    *KEYS, "row", "reference", "n", "n_nan", "difference", "ci_low", "ci_high", "ci_method", "median_difference",
    "statistic", "p", "p_holm", "rank_biserial", "note",
]  # fmt: skip
"""Columns of :func:`paired_tests`."""


def _compare(row: pd.DataFrame, reference: pd.DataFrame, resamples: int, seed: int) -> dict[str, float | int | str]:
    images = complete(row).index.intersection(complete(reference).index).sort_values()
    ours, theirs = row.loc[images].to_numpy().T, reference.loc[images].to_numpy().T
    result: dict[str, float | int | str] = {
        "n": len(images),
        "n_nan": len(row.index.union(reference.index)) - len(images),
        "ci_method": "",
        "note": "",
    }
    if len(images) == 0:
        return {**result, **dict.fromkeys(NUMBERS, np.nan), "note": "no image has values on both sides"}
    difference = ours.mean(axis=0) - theirs.mean(axis=0)
    low, high = bca_interval(ours, theirs, resamples, seed)
    both = len(ours) > 1 or len(theirs) > 1
    result.update(
        difference=float(difference.mean()),
        median_difference=float(np.median(difference)),
        ci_low=low,
        ci_high=high,
        ci_method="BCa, seeds and images" if both else "BCa, images",
        rank_biserial=rank_biserial(difference),
    )
    return result | _wilcoxon(difference)


NUMBERS = ("difference", "ci_low", "ci_high", "median_difference", "statistic", "p", "rank_biserial")


def _wilcoxon(difference: np.ndarray) -> dict[str, float | str]:
    nothing = {"statistic": np.nan, "p": np.nan}
    if len(difference) < SMALLEST_N:
        return {**nothing, "note": f"no test: {len(difference)} images, fewer than {SMALLEST_N}"}
    if not difference.any():
        return {**nothing, "note": "no test: all differences are zero"}
    found = stats.wilcoxon(difference, zero_method="wilcox", alternative="two-sided")
    return {"statistic": float(found.statistic), "p": float(found.pvalue), "note": ""}


def rank_biserial(difference: np.ndarray) -> float:
    """Return the matched-pairs rank-biserial correlation (W+ - W-)/(W+ + W-) of (N,) differences; zeros are dropped."""
    kept = difference[difference != 0]
    if len(kept) == 0:
        return np.nan
    ranks = stats.rankdata(np.abs(kept))
    return float((ranks * np.sign(kept)).sum() / ranks.sum())


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values; NaN stay NaN and do not count."""
    from statsmodels.stats.multitest import multipletests

    values = np.asarray(p_values, dtype=float)
    adjusted = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    if known.any():
        adjusted[known] = multipletests(values[known], method="holm")[1]
    return [float(value) for value in adjusted]
