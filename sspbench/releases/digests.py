"""Which rows may be compared: a digest of the images, the metrics' code, the segmenter and the preset.

Scores of two rows mean the same only where these are equal. The jobs record them: ``segment`` what the segmenter is and
the hash of its weights, ``score`` the images and the code of each metric family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from ..errors import Faults
from ..files import fingerprint

DIGEST_DIGITS = 16  # hexadecimal digits of a digest that people see

RunKey = tuple[str, int]  # a row (``method`` or ``method+variant``) and a seed

JobRecords = Mapping[str, Mapping[str, Any]]  # what the jobs of a run recorded, by stage


@dataclass(frozen=True)
class RowDigest:
    """What the scores of a row depend on besides its images; a part that no job recorded is empty."""

    images: str = ""  # digest of the data set and its splits
    preset: str = ""  # its name
    segmenter: str = ""  # digest of the segmenter's name, parameters and given weights
    metrics: Mapping[str, str] = field(default_factory=dict)  # digest of the code and options of each metric family
    # Hash of the segmenter's weights by seed; equal recipes give other weights on other machines.
    weights: Mapping[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The digest of all parts but the weights."""
        return fingerprint([self.images, self.preset, self.segmenter, dict(self.metrics)])[:DIGEST_DIGITS]

    def name_parts(self) -> dict[str, str]:
        """Return the parts but the weights by their names, as a release records them."""
        families = {f"metric {name}": value for name, value in sorted(self.metrics.items())}
        return {"images": self.images, "preset": self.preset, "segmenter": self.segmenter, **families}


@dataclass(frozen=True)
class DifferingPart:
    """A part of two digests that is not the same."""

    name: str  # ``images``, ``preset``, ``segmenter``, ``metric`` or ``segmenter weights``
    which: str  # the metric family, or the seed; else empty
    first: str  # what the first row has
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
    families = [("metric", name, one.metrics[name], other.metrics.get(name)) for name in one.metrics]
    seeds = sorted(one.weights.keys() & other.weights.keys())
    weights = [("segmenter weights", f"of seed {seed}", one.weights[seed], other.weights[seed]) for seed in seeds]
    return [
        DifferingPart(name, which, ours, theirs)
        for name, which, ours, theirs in (*plain, *families, *weights)
        if ours and theirs and ours != theirs
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
    title = "One table must not show these rows together: their scores do not mean the same"
    with Faults(title, where=where) as faults:
        for ((row, seed), ours), ((other_row, other_seed), theirs) in pairwise(recorded):
            for part in find_differing_parts(ours, theirs):
                first = f"{row}, seed {seed}: {part.first[:DIGEST_DIGITS]}"
                second = f"{other_row}, seed {other_seed}: {part.second[:DIGEST_DIGITS]}"
                hint = "run the workflow again: it recomputes what is out of date"
                faults.add(f"Another {part.label}", why=f"{first}; {second}", hint=hint)
    return replace(recorded[0][1], weights={}) if recorded else RowDigest(preset=preset)
