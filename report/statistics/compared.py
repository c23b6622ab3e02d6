"""The one test: every row minus a reference, trainings and images crossed, one Holm family per measure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from .crossed import MIN_TRAININGS, Crossed, crossed
from .summary import KEYS, complete, grids

LEVEL = 0.05
"""Level of the test, after Holm's correction."""

Verdict = Literal["better", "worse", "no difference shown", ""]
"""What is said of a row; nothing where there is no test or no better side."""

REPLICATED = (
    "What was replicated: the whole experiment. Every seed trains all networks anew, the segmenter included, and every "
    "training is judged on the same images; trainings and images (or subjects) are crossed random effects."
)
"""What has to stand at every p-value."""


@dataclass(frozen=True)
class Compared:
    """A row minus a reference.

    Attributes:
        found: The mean difference with its interval and p-value.
        p_holm: The p-value after Holm's correction over the rows compared with this reference; NaN without a test.
        verdict: What the test says, in the measure's own direction.
        left_out: Images of either side that have no finite value under every common seed.
    """

    found: Crossed
    p_holm: float
    verdict: Verdict
    left_out: int


def difference_to(
    row: pd.DataFrame, reference: pd.DataFrame, clusters: Mapping[str, str] | None = None
) -> tuple[Crossed | None, int]:
    """Compare two (images, seeds) grids, seed by seed and image by image.

    Only seeds that both have count (one may have failed), and of those only images with finite values everywhere.

    Args:
        row: Values of the row.
        reference: Values of the reference.
        clusters: The subject of each image.

    Returns:
        The difference row - reference (None where nothing is common), and the number of images left out.
    """
    seeds = row.columns.intersection(reference.columns).sort_values()
    every = row.index.union(reference.index)
    if len(seeds) == 0:
        return None, len(every)
    images = complete(row[seeds]).index.intersection(complete(reference[seeds]).index).sort_values()
    if len(images) == 0:
        return None, len(every)
    values = (row.loc[images, seeds] - reference.loc[images, seeds]).to_numpy(dtype=float).T
    subjects = None if not clusters else [clusters.get(str(image), str(image)) for image in images]
    return crossed(values, subjects), len(every) - len(images)


def compare(
    rows: Mapping[str, pd.DataFrame],
    reference: str,
    better: str,
    clusters: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    once: Collection[str] = (),
) -> dict[str, Compared]:
    """Compare every row with the reference in one measure.

    Args:
        rows: (images, seeds) grids by row; one of them the reference.
        reference: The row that is subtracted.
        better: ``higher``, ``lower`` or ``none``.
        clusters: The subject of each image.
        without: Rows that are not compared with it.
        once: Rows that no seed made anew (see :func:`made_once`).

    Returns:
        By row; rows without a common image or seed are left out.
    """
    chosen = [(name, reference) for name in rows if name != reference and name not in without]
    return {row: found for (row, _), found in compare_pairs(rows, chosen, better, clusters, once).items()}


def compare_pairs(
    rows: Mapping[str, pd.DataFrame],
    pairs: Iterable[tuple[str, str]],
    better: str,
    clusters: Mapping[str, str] | None = None,
    once: Collection[str] = (),
) -> dict[tuple[str, str], Compared]:
    """Compare pairs of rows in one measure, all of them one family.

    Args:
        rows: (images, seeds) grids by row.
        pairs: Row and reference, each in ``rows``.
        better: ``higher``, ``lower`` or ``none``.
        clusters: The subject of each image.
        once: Rows that no seed made anew (see :func:`made_once`).

    Returns:
        By pair; pairs without a common image or seed are left out.
    """
    differences = {pair: difference_to(rows[pair[0]], rows[pair[1]], clusters) for pair in pairs}
    known = {
        pair: (made_once(found) if pair[0] in once else found, left_out)
        for pair, (found, left_out) in differences.items()
        if found is not None
    }
    corrected = holm([found.p for found, _ in known.values()])
    return {
        pair: Compared(found, p, verdict(found.difference, p, better), left_out)
        for (pair, (found, left_out)), p in zip(known.items(), corrected, strict=True)
    }


def made_once(found: Crossed) -> Crossed:
    """Return the comparison of a row whose images were made once, elsewhere: one training at most, hence no test.

    Every seed's segmenter judges the same images: the interval is over segmenters and images, not over trainings.
    """
    over = "over images" if found.trainings == 1 else "over segmenters and images"
    note = f"{over}: for these enhanced images only" if np.isfinite(found.low) else found.note
    return replace(found, p=np.nan, trainings=1, note=note)


def verdict(difference: float, p_holm: float, better: str) -> Verdict:
    """Return what the test says of a row.

    >>> verdict(0.1, 0.01, "lower")
    'worse'
    """
    if not np.isfinite(p_holm) or better == "none":
        return ""
    if p_holm >= LEVEL:
        return "no difference shown"
    return "better" if (difference > 0) == (better == "higher") else "worse"


def paired_tests(
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
            a later one: that pair stands in the family of the earlier.
        better: Direction by metric; a metric not named has none.
        clusters: The subject of each image.
        once: Rows that no seed made anew (see :func:`made_once`).

    Returns:
        dataset, preset, metric, row, reference, trainings, n (images), n_nan (images left out), clusters, difference
        (mean of row - reference), ci_low, ci_high (95 %), p, p_holm, verdict, note.
    """
    lines = []
    for key, rows in grids(scores):
        named = dict(zip(KEYS, key, strict=True))
        way = better.get(named["metric"], "none")
        for place, reference in enumerate(references):
            if reference in rows:
                found = compare(rows, reference, way, clusters, references[:place], once)
                lines += [{**named, "row": row, "reference": reference, **_line(line)} for row, line in found.items()]
    return pd.DataFrame(lines, columns=COLUMNS)


def claimed_tests(
    scores: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    better: Mapping[str, str],
    clusters: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Compare the pairs of rows that a paper's claims set against each other; one Holm family per measure.

    Args:
        scores: Tidy scores.
        pairs: Row and reference; pairs with a row that has no scores are passed over.
        better: Direction by metric; a metric not named has none.
        clusters: The subject of each image.

    Returns:
        The columns of :func:`paired_tests`.
    """
    lines = []
    for key, rows in grids(scores):
        named = dict(zip(KEYS, key, strict=True))
        known = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
        found = compare_pairs(rows, known, better.get(named["metric"], "none"), clusters)
        lines += [{**named, "row": row, "reference": other, **_line(line)} for (row, other), line in found.items()]
    return pd.DataFrame(lines, columns=COLUMNS)


COLUMNS = [
    *KEYS, "row", "reference", "trainings", "n", "n_nan", "clusters", "difference", "ci_low", "ci_high", "p", "p_holm",
    "verdict", "note",
]  # fmt: skip
"""Columns of :func:`paired_tests`."""


def _line(line: Compared) -> dict[str, float | int | str]:
    found = line.found
    return {
        "trainings": found.trainings,
        "n": found.images,
        "n_nan": line.left_out,
        "clusters": found.clusters,
        "difference": found.difference,
        "ci_low": found.low,
        "ci_high": found.high,
        "p": found.p,
        "p_holm": line.p_holm,
        "verdict": line.verdict,
        "note": found.note,
    }


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values; NaN stay NaN and do not count.

    >>> holm([0.01, float("nan"), 0.04, 0.03])
    [0.03, nan, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=float)
    adjusted = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    order = np.flatnonzero(known)[np.argsort(values[known])]
    stepped = values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(value) for value in adjusted]


def replicated(trainings: int) -> str:
    """Return the note of a table of comparisons: what its intervals and p-values are over, and what was replicated."""
    if trainings >= MIN_TRAININGS:
        return f"p: of {trainings} trainings, corrected by Holm over the rows compared with one reference. {REPLICATED}"
    if trainings == 1:
        return "No p-value: one training per method. Intervals are over images, for these trained weights only."
    return f"No p-value: {trainings} trainings per method are fewer than {MIN_TRAININGS}. {REPLICATED}"


def not_repeated(labels: Sequence[str]) -> str:
    """Return the note on rows that no seed made anew.

    >>> not_repeated(["theirs (external)"]).split(":")[0]
    'Made once, elsewhere, and without a p-value or a verdict however many seeds'
    """
    return (
        f"Made once, elsewhere, and without a p-value or a verdict however many seeds: {', '.join(labels)}. Intervals "
        "are over images and the segmenters that judge them, for these enhanced images only."
    )
