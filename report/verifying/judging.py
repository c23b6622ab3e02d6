"""The verdict on each row: consistent with the published seeds, not consistent, or too few seeds to tell.

Five kinds of evidence: a loss that only one side logs; another number of steps; the log of the same seed
(:mod:`.same_seed`); values of a method that does not train, which are the same everywhere; and prediction bands for
everything else. Luck can make values miss their bands, and jumps from line to line not follow those of the same seed:
these two share :data:`LEVEL`, half each, among all bands and all seeds (Bonferroni).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..comparing.recorded import Recorded
from ..statistics.bands import NO_PRIOR, Band, Prior, band, fit_prior
from ..subject import UNTOUCHED
from .features import Feature, Kind, logged, logs_of, measure_kinds, measured, names
from .same_seed import Differing, differing, pairs, tells_order

LEVEL = 0.01
"""Chance of calling anything of a right reproduction not consistent, all rows and measures together."""

MIN_PUBLISHED = 3
"""Fewest published seeds that a band is made of."""

EXACT = 1e-3
"""Relative difference that another machine may bring about in a method without training."""

TINY = 1e-9
"""Difference from zero that arithmetic brings about."""

_Idle = Mapping[tuple[str, str], float]
"""By row and feature, what a run that did nothing would have."""

Verdict = Literal["consistent", "not consistent", "too few seeds to tell"]


@dataclass(frozen=True)
class Checked:
    """One feature within its band, or outside.

    Attributes:
        feature: What was checked.
        band: Where it should be, in the unit that the feature's bands are made in.
        why: What the band stands on.
    """

    feature: Feature
    band: Band
    why: str

    @property
    def limits(self) -> tuple[float, float, float]:
        """Centre, lower and upper end of the band in the feature's own unit."""
        centre, half = self.band.centre, self.band.half
        return self.feature.plain(centre), self.feature.plain(centre - half), self.feature.plain(centre + half)

    def distance_of(self, value: float) -> float:
        """Return how far a value is from the band's centre in half-widths of it."""
        return self.band.distance(float(self.feature.comparable(value)))

    @property
    def distance(self) -> float:
        """How far what was verified is from the band's centre in half-widths of it."""
        return self.distance_of(self.feature.value)

    @property
    def outside(self) -> bool:
        """Whether the value is not where it should be."""
        return self.distance > 1


@dataclass(frozen=True)
class RowVerdict:
    """The verdict on one row.

    Attributes:
        row: ``method``, ``method+variant``, or a segmenter.
        verdict: In words.
        records: What does not fit of the records alone, in words.
        same_seed: What does not fit the published training of the same seed.
        checks: Every feature with its band, the farthest first.
        seeds: How many seeds were verified.
        published: How many seeds are published.
    """

    row: str
    verdict: Verdict
    records: tuple[str, ...]
    same_seed: tuple[Differing, ...]
    checks: tuple[Checked, ...]
    seeds: int
    published: int

    @property
    def faults(self) -> tuple[str, ...]:
        """What does not fit, in words; bands left out."""
        return (*self.records, *(one.text for one in self.same_seed))

    @property
    def outside(self) -> list[Checked]:
        """The features outside their bands."""
        return [check for check in self.checks if check.outside]


def verify(given: Recorded, published: Recorded, level: float = LEVEL) -> list[RowVerdict]:
    """Compare runs with published seeds.

    Args:
        given: The runs in question.
        published: The published ones.
        level: Chance that a right reproduction is called not consistent, all rows together.

    Returns:
        A verdict for every row that both have.
    """
    features = [*measured(given, published, measure_kinds()), *logged(given, published)]
    fixed = {row for row in given.rows if not logs_of(published, row) and _is_fixed(features, row)}
    seeds, left = _same_seeds(given, published, level)
    checks = _checks(features, fixed, left)
    idle = _idle(published)
    rows = dict.fromkeys(feature.row for feature in features)
    return [_verdict(row, given, published, seeds.get(row, ()), checks[row], idle) for row in rows]


def _same_seeds(given: Recorded, published: Recorded, level: float) -> tuple[dict[str, tuple[Differing, ...]], float]:
    """Return by row what does not fit the published seeds, and the level that is left to bands."""
    both = pairs(given, published)
    tested = sum(tells_order(pair) for pair in both.values())
    found: dict[str, tuple[Differing, ...]] = {}
    for (row, _), pair in both.items():
        found[row] = (*found.get(row, ()), *differing(pair, level / 2 / max(tested, 1)))
    return found, level / 2 if tested else level


def _idle(published: Recorded) -> _Idle:
    """Return by row and feature what a run that did nothing would have: the untouched image's, the first losses."""
    found: dict[tuple[str, str], float] = {}
    for feature in measured(published, published, measure_kinds()):
        if feature.row == UNTOUCHED:
            found |= {(row, feature.name): feature.value for row in published.rows}
    first: dict[tuple[str, str], float] = {}
    for feature in logged(published, published):
        key = feature.row, feature.name.partition(" at step ")[0]
        found[feature.row, feature.name] = first.setdefault(key, feature.value)
    return found


def _is_fixed(features: Iterable[Feature], row: str) -> bool:
    """Tell whether no seed changes a row's images; those of a network without training depend on it."""
    own = [feature for feature in features if feature.row == row and feature.kind == "image"]
    return all(len(feature.published) > 1 and np.ptp(feature.published) == 0 for feature in own)


def _checks(features: Sequence[Feature], fixed: set[str], level: float) -> dict[str, list[Checked]]:
    banded = [feature for feature in features if _bandable(feature)]
    priors = _priors(banded)
    found: dict[str, list[Checked]] = defaultdict(list)
    for feature in banded:
        prior = priors.get((feature.kind, feature.about), NO_PRIOR)
        made = band(feature.comparable(feature.published), len(feature.given), level / len(banded), prior)
        found[feature.row].append(Checked(feature, made, f"{len(feature.published)} published seeds"))
    for feature in features:
        if feature.row in fixed and feature.kind == "image":
            centre = float(np.mean(feature.published))
            half = max(EXACT * abs(centre), TINY)
            found[feature.row].append(Checked(feature, Band(centre, half, np.inf), "the same under every seed"))
    return found


def _bandable(feature: Feature) -> bool:
    return len(feature.published) >= MIN_PUBLISHED and np.ptp(feature.published) > 0


def _priors(features: Iterable[Feature]) -> dict[tuple[Kind, str], Prior]:
    """Return what rows say about each other's spread, by measure of the image and by point of a training.

    Measures of masks are left out: all rows of a seed share the luck of one segmenter, so their variances agree without
    being known any better. The losses of one training hang together and count as one row.
    """
    groups: dict[tuple[Kind, str], list[Feature]] = defaultdict(list)
    for feature in features:
        if feature.kind != "segmented":
            groups[feature.kind, feature.about].append(feature)
    return {key: _prior(group) for key, group in groups.items()}


def _prior(group: Sequence[Feature]) -> Prior:
    sizes = {len(feature.published) for feature in group}
    if len(sizes) > 1:
        return NO_PRIOR
    variances = [float(feature.comparable(feature.published).var(ddof=1)) for feature in group]
    return fit_prior(variances, min(sizes) - 1, len({feature.row for feature in group}))


def _verdict(
    row: str,
    given: Recorded,
    published: Recorded,
    seeds: tuple[Differing, ...],
    checks: Sequence[Checked],
    idle: _Idle,
) -> RowVerdict:
    records = tuple(_other_losses(row, given, published))
    ordered = tuple(sorted(checks, key=lambda check: -check.distance))
    if records or seeds or any(check.outside for check in ordered):
        verdict: Verdict = "not consistent"
    else:
        verdict = "consistent" if any(_tells(check, idle) for check in ordered) else "too few seeds to tell"
    counts = [len({seed for name, seed in side.losses if name == row}) for side in (given, published)]
    return RowVerdict(row, verdict, records, seeds, ordered, *counts)


def _tells(check: Checked, idle: _Idle) -> bool:
    """Tell whether a band is narrow enough to notice a run that did nothing."""
    if not np.isfinite(check.band.df):
        return True
    nothing = idle.get((check.feature.row, check.feature.name))
    return nothing is not None and check.distance_of(nothing) > 1


def _other_losses(row: str, given: Recorded, published: Recorded) -> Iterator[str]:
    """Yield losses that only one side logs, and another number of steps."""
    ours, theirs = logs_of(given, row), logs_of(published, row)
    if not theirs:
        return
    if not ours:
        yield "no losses were logged"
        return
    missing, added = set(names(theirs)) - set(names(ours)), set(names(ours)) - set(names(theirs))
    if missing:
        yield f"losses that are not logged: {', '.join(sorted(missing))}"
    if added:
        yield f"losses that are not in the published log: {', '.join(sorted(added))}"
    ends = [sorted({log[-1][0] for log in logs}) for logs in (ours, theirs)]
    if ends[0] != ends[1]:
        yield f"trained for {_list(ends[0])} steps, published: {_list(ends[1])}"


def _list(values: Iterable[int]) -> str:
    return ", ".join(str(value) for value in values)
