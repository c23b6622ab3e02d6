"""The one mean: how the values of a row become a mean, two spreads and a count; every number of the report starts here.

The rule: an image counts where it has a finite value under every seed. The training is what is repeated, so all seeds
must be judged on the same images: else a seed that fails on the hard ones would look better than one that does not.
On what is left, a full grid of images by seeds, the mean over seeds of the seeds' means equals the mean over images of
the images' means, so that no table has to say which of the two it prints. What is left out is counted, never filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

GRID_KEYS = ["dataset", "preset", "metric"]


@dataclass(frozen=True)
class Summary:
    """A row's values of one metric in short; NaN where a number is undefined.

    Attributes:
        mean: Mean over all values that count.
        median: Median over images of seed means.
        q25: Lower quartile over images of seed means.
        sd_images: Standard deviation over images of seed means (divisor n - 1, as of all here).
        sd_seeds: Standard deviation over seeds of image means; NaN with one seed.
        sd_values: Standard deviation over all (image, seed) values, for rules that hold value by value.
        n: Images that count: those with a finite value under every seed.
        missing: Images left out because some seed has no finite value.
        undefined: Values, of an image under a seed, that are missing or not finite.
    """

    mean: float = np.nan
    median: float = np.nan
    q25: float = np.nan
    q75: float = np.nan
    sd_images: float = np.nan
    sd_seeds: float = np.nan
    sd_values: float = np.nan
    n: int = 0
    missing: int = 0
    undefined: int = 0
    seeds: int = 0


def make_row_ids(scores: pd.DataFrame) -> pd.Series:
    """Return ``method`` or ``method+variant`` for each line of scores, as categories."""
    # One text per pair: a text per line takes more memory than its values.
    pairs = scores[["method", "variant"]].groupby(["method", "variant"], sort=False, dropna=False)
    named = [
        f"{method}+{variant}" if pd.notna(variant) and variant else method for method, variant in _list_keys(pairs)
    ]
    place, names = pd.factorize(pd.Index(named))
    return pd.Series(pd.Categorical.from_codes(place[pairs.ngroup()], names), scores.index)


def iter_grids(scores: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], dict[str, pd.DataFrame]]]:
    """Yield per data set, preset and metric: by row, the values as (images, seeds); NaN where not finite.

    Raises:
        ValueError: a row has two values of one metric for the same image and seed.
    """
    named = scores[GRID_KEYS].assign(row=make_row_ids(scores)).groupby([*GRID_KEYS, "row"], sort=False)
    group = named.ngroup().to_numpy()
    found: dict[tuple[str, ...], dict[str, pd.DataFrame]] = {}
    for (*key, row), grid in zip(_list_keys(named), _iter_pivoted(scores, group), strict=True):
        found.setdefault(tuple(str(part) for part in key), {})[str(row)] = grid
    yield from found.items()


def _list_keys(groups: Any) -> list[tuple[Any, ...]]:
    """Return the keys of all groups in the order of their first lines."""
    return list(groups.head(1).itertuples(index=False, name=None))


def _iter_pivoted(scores: pd.DataFrame, group: np.ndarray) -> Iterator[pd.DataFrame]:
    """Yield the (images, seeds) values of each group of lines, numbered in the order of their first lines.

    One pivot for all: its own pivot for each of thousands of groups takes longer than all else in a table.
    """
    value = pd.to_numeric(scores["value"]).to_numpy(dtype=float)
    (image, images), (seed, seeds) = (_factorize(scores[name]) for name in ("image", "seed"))
    order = np.argsort(group, kind="stable")
    for lines in np.split(order, np.cumsum(np.bincount(group))[:-1]) if len(order) else ():
        rows, row = np.unique(image[lines], return_inverse=True)
        columns, column = np.unique(seed[lines], return_inverse=True)
        if len(np.unique(row * len(columns) + column)) < len(lines):
            raise ValueError("a row has two values of one metric for the same image and seed")
        grid = np.full((len(rows), len(columns)), np.nan)
        grid[row, column] = np.where(np.isfinite(value[lines]), value[lines], np.nan)
        yield pd.DataFrame(grid, images[rows].rename("image"), seeds[columns].rename("seed"), copy=False)


def _factorize(column: pd.Series) -> tuple[np.ndarray, pd.Index[Any]]:
    """Return the place of each line's value among the column's values, -1 for none; and those, sorted and plain."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return pd.factorize(column, sort=True)
    values = column.cat.categories.sort_values()
    places = np.append(values.get_indexer(column.cat.categories), -1).astype(np.int32)
    return places[column.cat.codes], values


def keep_complete_images(values: pd.DataFrame) -> pd.DataFrame:
    """Return the images of an (images, seeds) grid that count: those with a finite value under every seed."""
    finite = np.isfinite(values.to_numpy(dtype=float)).all(axis=1)
    kept: pd.DataFrame = values.loc[finite]
    return kept


def list_subjects(images: Iterable[object], clusters: Mapping[str, str] | None) -> list[str] | None:
    """Return the subject of each image, itself where it has none; None where no subjects are known."""
    return [clusters.get(str(image), str(image)) for image in images] if clusters else None


def average_by_image(values: pd.DataFrame) -> pd.Series:
    """Return the mean over seeds of every image that counts."""
    return keep_complete_images(values).mean(axis=1)


def summarise(values: pd.DataFrame) -> Summary:
    """Summarise one row's values of one metric by the rule of this module.

    Args:
        values: (images, seeds); NaN where undefined.

    Example:
        >>> found = summarise(pd.DataFrame([[1.0, np.nan], [2.0, 3.0]]))
        >>> found.mean, found.n, found.missing, found.undefined
        (2.5, 1, 1, 1)
    """
    kept = keep_complete_images(values).to_numpy(dtype=float)
    counts = {
        "n": len(kept),
        "missing": len(values) - len(kept),
        "undefined": int((~np.isfinite(values.to_numpy(dtype=float))).sum()),
        "seeds": values.shape[1],
    }
    if kept.size == 0:
        return Summary(**counts)
    images = kept.mean(axis=1)
    quarter, middle, three_quarters = (float(value) for value in np.quantile(images, [0.25, 0.5, 0.75]))
    return Summary(
        mean=float(images.mean()),
        median=middle,
        q25=quarter,
        q75=three_quarters,
        sd_images=_sd(images),
        sd_seeds=_sd(kept.mean(axis=0)),
        sd_values=_sd(kept.ravel()),
        **counts,
    )


def collect_means(found: Mapping[tuple[str, str], Summary]) -> dict[str, dict[str, float]]:
    """Return the means that exist, by row and metric."""
    rows: dict[str, dict[str, float]] = {}
    for (row, metric), facts in sorted(found.items()):
        if facts.n:
            rows.setdefault(row, {})[metric] = facts.mean
    return rows


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def compute_mean_ranks(scores: pd.DataFrame, better: Mapping[str, str]) -> pd.DataFrame:
    """Rank the methods (rows without a variant) on every image, by their means over seeds.

    Images are not replicates of a method, so these ranks are described but not tested.

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
