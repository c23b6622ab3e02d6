"""How often tests and intervals are right: compares a method with itself, with the spreads of a results folder.

For every row and measure the spreads over trainings, over images and of the rest are estimated from paired
differences (a two-way analysis of variance without replication), and differences with exactly these spreads and a
mean of zero are drawn again and again. Counted is how often a test calls the method different from itself, and how
often an interval holds the true zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from report.analysis.statistics.crossed_effects import MIN_TRAININGS, EffectSpreads, compute_half_widths

SIMULATED_LEVEL = 0.05
"""Level of the tests, and one minus the intervals' coverage."""


def draw_differences(
    found: EffectSpreads, draws: int, trainings: int, images: int, generator: np.random.Generator
) -> np.ndarray:
    """Return (draws, trainings, images) differences with these spreads and a true mean of zero."""
    return (
        found.trainings * generator.normal(size=(draws, trainings, 1))
        + found.images * generator.normal(size=(draws, 1, images))
        + found.rest * generator.normal(size=(draws, trainings, images))
    )


def _apply_signed_rank_test(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The usual way: seeds averaged, images taken as replicates of the method."""
    means = differences.mean(axis=1)
    half = stats.t.isf(0.025, means.shape[1] - 1) * means.std(axis=1, ddof=1) / np.sqrt(means.shape[1])
    return np.asarray(stats.wilcoxon(means, axis=1).pvalue < SIMULATED_LEVEL), np.abs(means.mean(axis=1)) <= half


def _apply_crossed_test(differences: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """Apply the test of the tables: its interval leaves out what it calls different."""
    holds = np.abs(differences.mean(axis=(1, 2))) <= compute_half_widths(differences, SIMULATED_LEVEL)
    return (~holds if differences.shape[1] >= MIN_TRAININGS else None), holds


DifferenceTest = Callable[[np.ndarray], tuple[np.ndarray | None, np.ndarray]]

DIFFERENCE_TESTS: Mapping[str, DifferenceTest] = {
    "images": _apply_signed_rank_test,
    "crossed": _apply_crossed_test,
}
"""Tests by what they take as replicates: images alone (Wilcoxon's test, a t interval), or trainings and images.

Each takes (draws, trainings, images) differences and returns which of them it calls different (None without a p-value),
and which intervals hold zero.
"""


WORST_ROW_DRAW_FACTOR = 10
"""The worst row of a measure gets this many times more draws, new ones: one of many rows is worst by luck."""


def simulate_study(
    cases: Mapping[tuple[str, str], EffectSpreads], images: int, trainings: tuple[int, ...] = (1, 3, 5, 10),
    draws: int = 1000, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Return false positives and coverage of every way, for every measure and number of trainings.

    Args:
        cases: Spreads by (row, measure).
        images: Test images.
        trainings: Numbers of trainings per method.
        draws: Simulated comparisons per row.
        seed: Seed of the draws.

    Returns:
        metric, trainings, way; false_positives and coverage, the means over rows (share of p < .05, NaN where no p is
        given; share of 95 % intervals that hold zero); worst_false_positives and worst_coverage, those of the row with
        the lowest coverage, from its own draws.
    """
    lines = []
    for number, metric in enumerate(sorted({metric for _, metric in cases})):
        generator = np.random.default_rng([seed, number])
        rows = [found for (_, name), found in sorted(cases.items()) if name == metric]
        for count in trainings:
            drawn = [draw_differences(found, draws, count, images, generator) for found in rows]
            for way, test in DIFFERENCE_TESTS.items():
                rates = np.array([_error_rates(test, each) for each in drawn])
                worst = rows[int(np.argmin(rates[:, 1]))]
                again = _error_rates(
                    test, draw_differences(worst, WORST_ROW_DRAW_FACTOR * draws, count, images, generator)
                )
                lines.append((metric, count, way, *rates.mean(axis=0), *again))
    columns = ["metric", "trainings", "way", "false_positives", "coverage", "worst_false_positives", "worst_coverage"]
    return pd.DataFrame(lines, columns=columns)


def _error_rates(test: DifferenceTest, differences: np.ndarray) -> tuple[float, float]:
    different, holds = test(differences)
    return np.nan if different is None else float(np.mean(different)), float(np.mean(holds))
