"""The verdict on each row: consistent with the published seeds, not consistent, or too few seeds.

Six kinds of evidence: a loss that only one side logs; another number of steps; the log of the same seed, and images
that score otherwise under an equal log (:mod:`.same_seed`); values of a method that does not train, which are the same
everywhere; and prediction bands for everything else. Luck can make values miss their bands, and jumps from line to line
not follow those of the same seed: these two share :data:`MAX_FALSE_ALARM_RATE`, half each, among all bands and all
seeds (Bonferroni).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..analysis.paper import UNTOUCHED_ROW
from ..analysis.statistics.prediction_bands import NO_PRIOR, PredictionBand, VariancePrior, fit_prior, predict_band
from ..compare.recorded_results import RecordedResults
from .features import (
    Feature,
    FeatureKind,
    iter_loss_features,
    iter_measure_features,
    list_loss_names,
    select_row_logs,
)
from .same_seed import (
    SeedDivergence,
    can_compare_jumps,
    find_image_divergence,
    find_log_divergence,
    pair_same_seeds,
)

# Chance that a correct reproduction is called not consistent, over all rows and measures together.
MAX_FALSE_ALARM_RATE = 0.01

MIN_PUBLISHED_SEEDS = 3  # fewest published seeds that a band is made of

# Relative difference that another machine may bring about in a method without training.
MAX_UNTRAINED_DIFFERENCE = 1e-3

MAX_ZERO_DIFFERENCE = 1e-9  # difference from zero that arithmetic brings about

_IdleValues = Mapping[tuple[str, str], float]  # by row and feature, what a run that did nothing would have

ConsistencyVerdict = Literal["consistent", "not consistent", "too few seeds"]


@dataclass(frozen=True)
class FeatureCheck:
    """One feature within its band, or outside."""

    feature: Feature
    band: PredictionBand  # where it should be, in the unit that the feature's bands are made in
    why: str  # what the band is based on

    @property
    def limits(self) -> tuple[float, float, float]:
        """Centre, lower and upper end of the band in the feature's own unit."""
        to_own_unit, centre, half = self.feature.from_band_unit, self.band.centre, self.band.half_width
        return to_own_unit(centre), to_own_unit(centre - half), to_own_unit(centre + half)

    def measure_distance(self, value: float) -> float:
        """Return how far a value is from the band's centre in half-widths of it."""
        return self.band.distance_in_half_widths(float(self.feature.to_band_unit(value)))

    @property
    def distance(self) -> float:
        """How far what was verified is from the band's centre in half-widths of it."""
        return self.measure_distance(self.feature.value)

    @property
    def is_outside(self) -> bool:
        """Whether the value is not where it should be."""
        return self.distance > 1


@dataclass(frozen=True)
class RowVerdict:
    """The verdict on one row."""

    row: str  # ``method``, ``method+variant``, or a segmenter
    verdict: ConsistencyVerdict
    records: tuple[str, ...]  # what does not fit in the records alone, in words
    same_seed: tuple[SeedDivergence, ...]  # what does not fit the published training of the same seed
    checks: tuple[FeatureCheck, ...]  # every feature with its band, the farthest first
    seeds: int  # how many were verified
    published: int  # how many are published

    @property
    def faults(self) -> tuple[str, ...]:
        """What does not fit, in words; bands left out."""
        return (*self.records, *(one.text for one in self.same_seed))

    @property
    def outside_checks(self) -> list[FeatureCheck]:
        """The features outside their bands."""
        return [check for check in self.checks if check.is_outside]


def judge_rows(given: RecordedResults, published: RecordedResults) -> list[RowVerdict]:
    """Return a verdict for every row of the runs in question that is published too."""
    features = [*iter_measure_features(given, published), *iter_loss_features(given, published)]
    fixed = {row for row in given.rows if not select_row_logs(published, row) and _is_fixed(features, row)}
    divergences, level = _check_same_seeds(given, published)
    checks = _check_features(features, fixed, level)
    idle = _find_idle_values(published)
    rows = dict.fromkeys(feature.row for feature in features)
    return [_judge_row(row, given, published, divergences[row], checks[row], idle) for row in rows]


def _check_same_seeds(
    given: RecordedResults, published: RecordedResults
) -> tuple[Mapping[str, list[SeedDivergence]], float]:
    """Return by row what does not fit the published seeds, and the level that is left to bands."""
    pairs = pair_same_seeds(given, published)
    tested = sum(can_compare_jumps(pair) for pair in pairs.values())
    found: dict[str, list[SeedDivergence]] = defaultdict(list)
    for (row, _), pair in pairs.items():
        found[row] += find_log_divergence(pair, MAX_FALSE_ALARM_RATE / 2 / max(tested, 1))
        found[row] += find_image_divergence(given, published, row, pair)
    return found, MAX_FALSE_ALARM_RATE / 2 if tested else MAX_FALSE_ALARM_RATE


def _find_idle_values(published: RecordedResults) -> _IdleValues:
    """Return by row and feature what a run that did nothing would have: the untouched image's, the first losses."""
    found: dict[tuple[str, str], float] = {}
    for feature in iter_measure_features(published, published):
        if feature.row == UNTOUCHED_ROW:
            found |= {(row, feature.name): feature.value for row in published.rows}
    first: dict[tuple[str, str], float] = {}
    for feature in iter_loss_features(published, published):
        key = feature.row, feature.name.partition(" at step ")[0]
        found[feature.row, feature.name] = first.setdefault(key, feature.value)
    return found


def _is_fixed(features: Iterable[Feature], row: str) -> bool:
    """Return whether no seed changes a row's images; those of a network without training depend on it."""
    own = [feature for feature in features if feature.row == row and feature.kind == "image"]
    return all(len(feature.published) > 1 and np.ptp(feature.published) == 0 for feature in own)


def _check_features(features: Sequence[Feature], fixed: set[str], level: float) -> dict[str, list[FeatureCheck]]:
    banded = [feature for feature in features if _has_band(feature)]
    priors = _fit_priors(banded)
    found: dict[str, list[FeatureCheck]] = defaultdict(list)
    for feature in banded:
        prior = priors.get((feature.kind, feature.about), NO_PRIOR)
        made = predict_band(feature.to_band_unit(feature.published), len(feature.given), level / len(banded), prior)
        found[feature.row].append(FeatureCheck(feature, made, f"{len(feature.published)} published seeds"))
    for feature in features:
        if feature.row in fixed and feature.kind == "image":
            centre = float(np.mean(feature.published))
            half = max(MAX_UNTRAINED_DIFFERENCE * abs(centre), MAX_ZERO_DIFFERENCE)
            band = PredictionBand(centre, half, np.inf)
            found[feature.row].append(FeatureCheck(feature, band, "the same under every seed"))
    return found


def _has_band(feature: Feature) -> bool:
    return len(feature.published) >= MIN_PUBLISHED_SEEDS and np.ptp(feature.published) > 0


def _fit_priors(features: Iterable[Feature]) -> dict[tuple[FeatureKind, str], VariancePrior]:
    """Return the prior that rows give for each other's spread, by measure of the image and by point of a training.

    Measures of masks are left out: all rows of a seed share the luck of one segmenter, so their variances agree without
    being known any better. The losses of one training hang together and count as one row.
    """
    groups: dict[tuple[FeatureKind, str], list[Feature]] = defaultdict(list)
    for feature in features:
        if feature.kind != "segmented":
            groups[feature.kind, feature.about].append(feature)
    return {key: _fit_group_prior(group) for key, group in groups.items()}


def _fit_group_prior(group: Sequence[Feature]) -> VariancePrior:
    sizes = {len(feature.published) for feature in group}
    if len(sizes) > 1:
        return NO_PRIOR
    variances = [float(feature.to_band_unit(feature.published).var(ddof=1)) for feature in group]
    return fit_prior(variances, min(sizes) - 1, len({feature.row for feature in group}))


def _judge_row(
    row: str,
    given: RecordedResults,
    published: RecordedResults,
    divergences: Sequence[SeedDivergence],
    checks: Sequence[FeatureCheck],
    idle: _IdleValues,
) -> RowVerdict:
    records = tuple(_describe_log_differences(row, given, published))
    ordered = tuple(sorted(checks, key=lambda check: -check.distance))
    if records or divergences or any(check.is_outside for check in ordered):
        verdict: ConsistencyVerdict = "not consistent"
    else:
        verdict = "consistent" if any(_is_informative(check, idle) for check in ordered) else "too few seeds"
    counts = [len({seed for name, seed in side.losses if name == row}) for side in (given, published)]
    return RowVerdict(row, verdict, records, tuple(divergences), ordered, *counts)


def _is_informative(check: FeatureCheck, idle: _IdleValues) -> bool:
    """Return whether a band is narrow enough to notice a run that did nothing."""
    if not np.isfinite(check.band.df):
        return True
    nothing = idle.get((check.feature.row, check.feature.name))
    return nothing is not None and check.measure_distance(nothing) > 1


def _describe_log_differences(row: str, given: RecordedResults, published: RecordedResults) -> Iterator[str]:
    """Yield losses that only one side logs, and another number of steps."""
    ours, theirs = select_row_logs(given, row), select_row_logs(published, row)
    if not theirs:
        return
    if not ours:
        yield "no losses were logged"
        return
    mine, published_names = set(list_loss_names(ours)), set(list_loss_names(theirs))
    if published_names - mine:
        yield f"losses that are not logged: {', '.join(sorted(published_names - mine))}"
    if mine - published_names:
        yield f"losses that are not in the published log: {', '.join(sorted(mine - published_names))}"
    ends = [", ".join(map(str, sorted({log[-1][0] for log in logs}))) for logs in (ours, theirs)]
    if ends[0] != ends[1]:
        yield f"trained for {ends[0]} steps, published: {ends[1]}"
