"""The one test: every row minus a reference, trainings and images crossed, one Holm family per measure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from .crossed_effects import MIN_TRAININGS, CrossedEstimate, estimate_crossed
from .summary import GRID_KEYS, iter_grids, list_subjects

SIGNIFICANCE_LEVEL = 0.05  # level of the test, after Holm's correction

# The outcome for a row; empty without a test, or for a measure without a better direction.
TestVerdict = Literal["better", "worse", "no difference shown", ""]

# Printed with every p-value.
REPLICATION_NOTE = (
    "What was replicated: the whole experiment. Every seed trains all networks, the segmenter included, and every "
    "training is judged on the same images; trainings and images (or subjects) are crossed random effects."
)


@dataclass(frozen=True)
class PairedComparison:
    """A row minus a reference.

    Attributes:
        estimate: The mean difference with its interval and p-value.
        p_holm: The p-value after Holm's correction over the rows compared with this reference; NaN without a test.
        verdict: What the test says, in the measure's own direction.
        left_out: Images of either side that have no finite value under every common seed.
    """

    estimate: CrossedEstimate
    p_holm: float
    verdict: TestVerdict
    left_out: int


def compare_grids(
    row: pd.DataFrame, reference: pd.DataFrame, clusters: Mapping[str, str] | None = None
) -> tuple[CrossedEstimate | None, int]:
    """Compare two (images, seeds) grids, seed by seed and image by image.

    Only seeds that both have count (one may have failed), and of those only images with finite values everywhere.
    ``clusters`` are the subjects of the images.

    Returns:
        The difference row - reference (None where nothing is common), and the number of images left out.
    """
    images, values, reference_values = _align_grids(row, reference)
    counts = np.isfinite(values).all(axis=1) & np.isfinite(reference_values).all(axis=1)
    if values.shape[1] == 0 or not counts.any():
        return None, len(images)
    differences = (values - reference_values)[counts].T
    return estimate_crossed(differences, list_subjects(images[counts], clusters)), len(images) - int(counts.sum())


def _align_grids(row: pd.DataFrame, reference: pd.DataFrame) -> tuple[pd.Index[Any], np.ndarray, np.ndarray]:
    """Return the images of either grid, and both grids' values under common seeds; all sorted, NaN where undefined."""
    images, seeds = row.index, row.columns
    # Almost all grids have the same images and seeds, and aligning those for each pair took most of the tables' time.
    if not (images.equals(reference.index) and seeds.equals(reference.columns) and _is_sorted(row)):
        images, seeds = images.union(reference.index), seeds.intersection(reference.columns).sort_values()
        row, reference = (grid.reindex(index=images, columns=seeds) for grid in (row, reference))
    return images, row.to_numpy(dtype=float), reference.to_numpy(dtype=float)


def _is_sorted(grid: pd.DataFrame) -> bool:
    return bool(grid.index.is_monotonic_increasing and grid.columns.is_monotonic_increasing)


def compare_rows(
    rows: Mapping[str, pd.DataFrame],
    reference: str,
    better: str,
    clusters: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    once: Collection[str] = (),
) -> dict[str, PairedComparison]:
    """Compare every row but those in ``without`` with one reference, as :func:`compare_row_pairs` does; by row."""
    chosen = [(name, reference) for name in rows if name != reference and name not in without]
    return {row: found for (row, _), found in compare_row_pairs(rows, chosen, better, clusters, once).items()}


def compare_row_pairs(
    rows: Mapping[str, pd.DataFrame],
    pairs: Iterable[tuple[str, str]],
    better: str,
    clusters: Mapping[str, str] | None = None,
    once: Collection[str] = (),
) -> dict[tuple[str, str], PairedComparison]:
    """Compare pairs of rows in one measure, all of them one family.

    Args:
        rows: (images, seeds) grids by row.
        pairs: Row and reference, each in ``rows``.
        better: ``higher``, ``lower`` or ``none``.
        clusters: The subject of each image.
        once: Rows that seeds do not recompute (see :func:`without_p_value`).

    Returns:
        By pair; pairs without a common image or seed are left out.
    """
    differences = {pair: compare_grids(rows[pair[0]], rows[pair[1]], clusters) for pair in pairs}
    known = {
        pair: (without_p_value(found) if pair[0] in once else found, left_out)
        for pair, (found, left_out) in differences.items()
        if found is not None
    }
    corrected = adjust_holm([found.p for found, _ in known.values()])
    return {
        pair: PairedComparison(found, p, decide_verdict(found.difference, p, better), left_out)
        for (pair, (found, left_out)), p in zip(known.items(), corrected, strict=True)
    }


def without_p_value(found: CrossedEstimate) -> CrossedEstimate:
    """Return the comparison of an external row, whose images exist once: it counts as one training, hence no test.

    Every seed's segmenter judges the same images: the interval is over segmenters and images, not over trainings.
    """
    over = "over images" if found.trainings == 1 else "over segmenters and images"
    note = f"{over}: for these enhanced images only" if np.isfinite(found.low) else found.note
    return replace(found, p=np.nan, trainings=1, note=note)


def decide_verdict(difference: float, p_holm: float, better: str) -> TestVerdict:
    """Return the outcome of the test.

    >>> decide_verdict(0.1, 0.01, "lower")
    'worse'
    """
    if not np.isfinite(p_holm) or better == "none":
        return ""
    if p_holm >= SIGNIFICANCE_LEVEL:
        return "no difference shown"
    return "better" if (difference > 0) == (better == "higher") else "worse"


PAIRED_TEST_COLUMNS = [
    *GRID_KEYS, "row", "reference", "trainings", "n", "n_nan", "clusters", "difference", "ci_low", "ci_high", "p",
    "p_holm", "verdict", "note",
]  # fmt: skip


def compare_with_references(
    scores: pd.DataFrame,
    references: Sequence[str],
    better: Mapping[str, str],
    clusters: Mapping[str, str] | None = None,
    once: Collection[str] = (),
) -> pd.DataFrame:
    """Compare every row with each reference, in every measure; no two rows are compared twice.

    Args:
        scores: Tidy scores.
        references: Rows to compare with; those that have no scores are passed over. An earlier one is not compared with
            a later one: that pair is in the family of the earlier.
        better: Direction by metric; a metric not named has none.
        clusters: The subject of each image.
        once: Rows that seeds do not recompute (see :func:`without_p_value`).

    Returns:
        dataset, preset, metric, row, reference, trainings, n (images), n_nan (images left out), clusters, difference
        (mean of row - reference), ci_low, ci_high (95 %), p, p_holm, verdict, note.
    """
    lines = []
    for key, rows in iter_grids(scores):
        way = better.get(key[-1], "none")
        for place, reference in enumerate(references):
            if reference in rows:
                pairs = [(row, reference) for row in rows if row not in references[: place + 1]]
                lines += _make_lines(key, compare_row_pairs(rows, pairs, way, clusters, once))
    return pd.DataFrame(lines, columns=PAIRED_TEST_COLUMNS)


def compare_claimed_pairs(
    scores: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    better: Mapping[str, str],
    clusters: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Compare the pairs of rows that a paper's claims set against each other; one Holm family per measure.

    Pairs with a row that has no scores are passed over; all else is as in :func:`compare_with_references`.
    """
    lines = []
    for key, rows in iter_grids(scores):
        known = [pair for pair in pairs if rows.keys() >= set(pair)]
        lines += _make_lines(key, compare_row_pairs(rows, known, better.get(key[-1], "none"), clusters))
    return pd.DataFrame(lines, columns=PAIRED_TEST_COLUMNS)


def _make_lines(key: tuple[str, ...], found: Mapping[tuple[str, str], PairedComparison]) -> list[tuple[object, ...]]:
    """Return the comparisons in the order of ``PAIRED_TEST_COLUMNS``."""
    return [
        (
            *key, *pair, each.estimate.trainings, each.estimate.images, each.left_out, each.estimate.clusters,
            each.estimate.difference, each.estimate.low, each.estimate.high, each.estimate.p,
            each.p_holm, each.verdict, each.estimate.note,
        )
        for pair, each in found.items()
    ]  # fmt: skip


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values; NaN stay NaN and do not count.

    >>> adjust_holm([0.01, float("nan"), 0.04, 0.03])
    [0.03, nan, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=float)
    adjusted = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    order = np.flatnonzero(known)[np.argsort(values[known])]
    stepped = values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(value) for value in adjusted]


def describe_replication(trainings: int) -> str:
    """Return the note of a table of comparisons: what its intervals and p-values are over, and what was replicated."""
    if trainings >= MIN_TRAININGS:
        corrected = "corrected by Holm over the rows compared with one reference"
        return f"p: of {trainings} trainings, {corrected}. {REPLICATION_NOTE}"
    if trainings == 1:
        return "No p-value: one training per method. Intervals are over images, for these trained weights only."
    return f"No p-value: {trainings} trainings per method are fewer than {MIN_TRAININGS}. {REPLICATION_NOTE}"


def describe_unrepeated(labels: Sequence[str]) -> str:
    """Return the note on rows that seeds do not recompute.

    >>> describe_unrepeated(["theirs (external)"]).split(":")[0]
    'Made once, elsewhere, and without a p-value or a verdict however many seeds'
    """
    return (
        f"Made once, elsewhere, and without a p-value or a verdict however many seeds: {', '.join(labels)}. Intervals "
        "are over images and the segmenters that judge them, for these enhanced images only."
    )
