"""Which rows may be compared: a digest of the images, the metrics' code, the segmenter and the preset.

Scores of two rows mean the same only where these are equal. The jobs record them: ``segment`` what the segmenter is and
the hash of its weights, ``score`` the images and the code of each metric family.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from ..errors import Faults
from ..files import fingerprint

DIGEST_DIGITS = 16
"""Hexadecimal digits of a digest that people see."""

RunKey = tuple[str, int]
"""A row (``method`` or ``method+variant``) and a seed."""

JobRecords = Mapping[str, Mapping[str, Any]]
"""What the jobs of a run recorded, by stage."""


@dataclass(frozen=True)
class RowDigest:
    """What the scores of a row depend on besides its images; a part that no job recorded is empty.

    Attributes:
        images: Digest of the data set and its splits.
        preset: Name of the preset.
        segmenter: Digest of the segmenter's name, parameters and given weights.
        metrics: Digest of the code and options of each metric family.
        weights: Hash of the segmenter's weights by seed; equal recipes give other weights on other machines.
    """

    images: str = ""
    preset: str = ""
    segmenter: str = ""
    metrics: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The digest of all parts but the weights."""
        return fingerprint([self.images, self.preset, self.segmenter, dict(self.metrics)])[:DIGEST_DIGITS]


@dataclass(frozen=True)
class DifferingPart:
    """A part of two digests that is not the same.

    Attributes:
        name: ``images``, ``preset``, ``segmenter``, ``metric`` or ``segmenter weights``.
        which: The metric family, or the seed; else empty.
        first: What the first row has.
        second: What the second has.
    """

    name: str
    which: str
    first: str
    second: str

    @property
    def label(self) -> str:
        """The part in words, e.g. ``metric niqe``."""
        return f"{self.name} {self.which}".strip()


def describe_row(preset: str, runs: Mapping[int, JobRecords]) -> RowDigest:
    """Return the digest of a row.

    Args:
        preset: The preset it was run under.
        runs: Its job records by seed. Seeds share all but the weights: the first that recorded a part counts.
    """
    scores = [jobs.get("score", {}) for jobs in runs.values()]
    segmenters = {seed: jobs.get("segment", {}).get("segmenter", {}) for seed, jobs in runs.items()}
    return RowDigest(
        images=_first(job.get("data") for job in scores),
        preset=preset,
        segmenter=_first(found.get("recipe") for found in segmenters.values()),
        metrics=next((job["metric_code"] for job in scores if job.get("metric_code")), {}),
        weights={seed: found["weights"] for seed, found in segmenters.items() if "weights" in found},
    )


def _first(values: Iterable[str | None]) -> str:
    return next((value for value in values if value), "")


def find_differing_parts(one: RowDigest, other: RowDigest) -> list[DifferingPart]:
    """Return the parts that both record and that differ, the weights of common seeds last."""
    plain = [(name, "", getattr(one, name), getattr(other, name)) for name in ("images", "preset", "segmenter")]
    families = [
        ("metric", name, one.metrics[name], other.metrics[name]) for name in one.metrics if name in other.metrics
    ]
    seeds = sorted(one.weights.keys() & other.weights.keys())
    weights = [("segmenter weights", f"of seed {seed}", one.weights[seed], other.weights[seed]) for seed in seeds]
    return [
        DifferingPart(*part) for part in (*plain, *families, *weights) if part[2] and part[3] and part[2] != part[3]
    ]


def find_shared_digest(preset: str, runs: Mapping[RunKey, JobRecords], where: str) -> RowDigest:
    """Return what all runs of one result depend on, the segmenter's weights left out.

    Args:
        preset: The preset they were run under.
        runs: Their job records; runs without scores record nothing.
        where: The result, for faults.

    Raises:
        UserError: runs differ in a part, so one table must not show their rows together.
    """
    ordered = sorted(runs.items(), key=lambda item: item[0][1])  # by seed: the weights are compared within each
    digests = [(key, describe_row(preset, {key[1]: jobs})) for key, jobs in ordered]
    recorded = [(key, digest) for key, digest in digests if digest.images or digest.weights]
    with Faults(
        "One table must not show these rows together: their scores do not mean the same", where=where
    ) as faults:
        for (one, ours), (other, theirs) in pairwise(recorded):
            for part in find_differing_parts(ours, theirs):
                sides = (f"{row}, seed {seed}: {value}" for (row, seed), value in _zip_sides((one, other), part))
                hint = "run the workflow again: it recomputes what is out of date"
                faults.add(f"Another {part.label}", why="; ".join(sides), hint=hint)
    return replace(recorded[0][1], weights={}) if recorded else RowDigest(preset=preset)


def _zip_sides(keys: tuple[RunKey, RunKey], part: DifferingPart) -> Iterator[tuple[RunKey, str]]:
    return zip(keys, (part.first[:DIGEST_DIGITS], part.second[:DIGEST_DIGITS]), strict=True)


def iter_digest_lines(digest: RowDigest) -> Iterator[tuple[str, str]]:
    """Yield the parts of a digest with their values, as a release records them."""
    yield "images", digest.images
    yield "preset", digest.preset
    yield "segmenter", digest.segmenter
    yield from ((f"metric {name}", value) for name, value in sorted(digest.metrics.items()))
