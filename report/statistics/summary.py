"""Means with the spread over images and the spread over seeds, kept apart; the values every test starts from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

SMALLEST_N = 6
"""Fewest images for a test: below, a two-sided signed-rank test cannot reach p = 0.05."""

KEYS = ["dataset", "preset", "metric"]


def row_ids(scores: pd.DataFrame) -> pd.Series:
    """Return ``method`` or ``method+variant`` for each line of scores."""
    variant = scores["variant"].fillna("").astype(str)
    return scores["method"].where(variant == "", scores["method"] + "+" + variant)


def tables(scores: pd.DataFrame) -> Iterator[tuple[tuple, dict[str, pd.DataFrame]]]:
    """Yield per data set, preset and metric: by row, the values as (images, seeds)."""
    named = scores.assign(row=row_ids(scores), value=pd.to_numeric(scores["value"]))
    for key, lines in named.groupby(KEYS, sort=False):
        yield (
            key,
            {
                str(row): part.pivot(index="image", columns="seed", values="value")
                for row, part in lines.groupby("row", sort=False)
            },
        )


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Summarise every row and metric.

    Returns:
        dataset, preset, metric, row, n_images (with a value under every seed), n_seeds, n_nan (missing or undefined
        values), mean, median, q25, q75, sd_images, sd_seeds (all with divisor n - 1), note.
    """
    lines = []
    for key, rows in tables(scores):
        for row, values in rows.items():
            lines.append({**dict(zip(KEYS, key, strict=True)), "row": row, **_summary(values)})
    return pd.DataFrame(lines)


def _summary(values: pd.DataFrame) -> dict[str, float | int | str]:
    complete = values.dropna()
    images, seeds = complete.mean(axis=1).to_numpy(), complete.mean(axis=0).to_numpy()
    empty = len(images) == 0
    quartiles = [np.nan] * 3 if empty else np.quantile(images, [0.25, 0.5, 0.75])
    missing = int(values.isna().to_numpy().sum())
    return {
        "n_images": len(images),
        "n_seeds": values.shape[1],
        "n_nan": missing,
        "mean": np.nan if empty else float(images.mean()),
        "median": float(quartiles[1]),
        "q25": float(quartiles[0]),
        "q75": float(quartiles[2]),
        "sd_images": _sd(images),
        "sd_seeds": np.nan if empty else _sd(seeds),
        "note": "no image has a value" if empty else "",
    }


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan
