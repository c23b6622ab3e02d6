"""Mean ranks of all rows over images: described but not tested, since images are not replicates of a method."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .summary import GRID_KEYS, average_by_image, iter_grids


def compute_mean_ranks(scores: pd.DataFrame, better: Mapping[str, str]) -> pd.DataFrame:
    """Rank the methods (rows without a variant) on every image, by their means over seeds.

    Args:
        scores: Tidy scores.
        better: ``higher`` or ``lower`` by metric; rank 1 is best. Other metrics are left out.

    Returns:
        dataset, preset, metric, row, mean_rank, k (methods), n (images that all methods have).
    """
    lines = []
    plain = scores[scores["variant"].isna() | (scores["variant"] == "")]
    for key, rows in iter_grids(plain[plain["metric"].isin(better)]):
        values = pd.DataFrame({row: average_by_image(part) for row, part in rows.items()}).dropna()
        if len(values) == 0:
            continue
        sign = 1 if better[key[-1]] == "lower" else -1
        ranks = (sign * values).rank(axis=1).mean()
        facts = {**dict(zip(GRID_KEYS, key, strict=True)), "k": values.shape[1], "n": len(values)}
        lines += [{**facts, "row": str(row), "mean_rank": float(rank)} for row, rank in ranks.items()]
    return pd.DataFrame(lines, columns=[*GRID_KEYS, "row", "mean_rank", "k", "n"])
