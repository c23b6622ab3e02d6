"""What tests and intervals are worth: a method compared with itself, with the spreads that a results folder shows.

For every row and measure the spreads over trainings, over images and of the rest are estimated from paired
differences (a two-way analysis of variance without replication), and differences with exactly these spreads and a
mean of zero are drawn again and again. Counted is how often a test calls the method different from itself, and how
often an interval holds the true zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from .crossed import crossed


@dataclass(frozen=True)
class Spreads:
    """Standard deviations of paired differences: over trainings, over images, and of the rest."""

    trainings: float
    images: float
    rest: float


def spreads(difference: np.ndarray) -> Spreads:
    """Return the spreads of (R, N) differences; a negative estimate of a variance counts as zero.

    Raises:
        ValueError: there are fewer than two trainings or images.
    """
    if min(difference.shape) < 2:
        raise ValueError("spreads need two trainings and two images")
    trainings, images = difference.shape
    mean = difference.mean()
    by_training, by_image = difference.mean(axis=1), difference.mean(axis=0)
    rest = difference - by_training[:, None] - by_image[None] + mean
    of_rest = (rest**2).sum() / ((trainings - 1) * (images - 1))
    of_trainings = max(float(by_training.var(ddof=1)) - of_rest / images, 0.0)
    of_images = max(float(by_image.var(ddof=1)) - of_rest / trainings, 0.0)
    return Spreads(np.sqrt(of_trainings), np.sqrt(of_images), np.sqrt(of_rest))


def draw(found: Spreads, trainings: int, images: int, generator: np.random.Generator) -> np.ndarray:
    """Return (trainings, images) differences with these spreads and a true mean of zero."""
    return (
        found.trainings * generator.normal(size=(trainings, 1))
        + found.images * generator.normal(size=(1, images))
        + found.rest * generator.normal(size=(trainings, images))
    )


def _signed_rank(difference: np.ndarray) -> tuple[float, bool]:
    """The usual way: seeds averaged, images taken as replicates of the method."""
    means = difference.mean(axis=0)
    half = stats.t.isf(0.025, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
    return float(stats.wilcoxon(means).pvalue), bool(abs(means.mean()) <= half)


def _crossed(difference: np.ndarray) -> tuple[float, bool]:
    found = crossed(difference)
    return found.p, found.low <= 0 <= found.high


WAYS: Mapping[str, Callable[[np.ndarray], tuple[float, bool]]] = {"images": _signed_rank, "crossed": _crossed}
"""Tests by what they take as replicates: images alone (Wilcoxon's test, a t interval), or trainings and images."""


def study(
    cases: Mapping[tuple[str, str], Spreads], images: int, trainings: tuple[int, ...] = (1, 3, 5, 10),
    draws: int = 1000, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Return false positives and coverage of every way, for every case and number of trainings.

    Args:
        cases: Spreads by (row, measure).
        images: Test images.
        trainings: Numbers of trainings per method.
        draws: Simulated comparisons per line.
        seed: Seed of the draws.

    Returns:
        row, metric, trainings, way, false_positives (share of p < .05; NaN where no p is given), coverage (share of
        95 % intervals that hold zero).
    """
    return pd.DataFrame(
        [
            {"row": row, "metric": metric, **line}
            for number, ((row, metric), found) in enumerate(sorted(cases.items()))
            for line in _lines(found, images, trainings, draws, np.random.default_rng([seed, number]))
        ],
        columns=["row", "metric", "trainings", "way", "false_positives", "coverage"],
    )


def _lines(
    found: Spreads, images: int, trainings: tuple[int, ...], draws: int, generator: np.random.Generator
) -> Iterator[dict[str, object]]:
    for count in trainings:
        drawn = [draw(found, count, images, generator) for _ in range(draws)]
        for way, test in WAYS.items():
            p, holds = zip(*(test(difference) for difference in drawn), strict=True)
            known = np.isfinite(p).all()
            yield {
                "trainings": count,
                "way": way,
                "false_positives": float(np.mean(np.array(p) < 0.05)) if known else np.nan,
                "coverage": float(np.mean(holds)),
            }
