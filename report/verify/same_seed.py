"""Evidence of the same seed: its log must start like the published one, stay close to it for a while, and follow it.

Under the same seed and version of torch initial weights and the order of the data are the same. What is left between
two right trainings is arithmetic, which grows with every step. So, from the surest to the least sure:

- the first logged losses agree (:data:`MAX_FIRST_STEP_DIFFERENCE` and the like);
- over the next steps they are far closer to the published ones than other seeds' are (:data:`MAX_SEED_DISTANCE`);
- to the end, the jumps from line to line are those of the published seed: batches make them, not weights.

A log that equals the published one to its last line means the same weights, so its images must score alike too. Where
they do not, something after the last step differs: other weights were saved (a moving average), or the network
enhances in another mode than it should.

Only the jumps have a chance of error that is known: from n jumps the upper limit of their correlation follows by
Fisher's z, and a seed is called not consistent where no loss may reach :data:`MIN_CORRELATION`. The other limits come
from what other arithmetic was seen to do (docs/notebook/verify.md), and so does this correlation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from sspbench.releases.digests import RunKey
from sspbench.releases.losses import LossEntries

from ..compare.recorded_results import RecordedResults
from .features import average_shared_images, find_measure_kinds

# Relative difference that another machine may bring about in the losses of the first step of the same seed.
MAX_FIRST_STEP_DIFFERENCE = 1e-3

# The same where the first line of the log is a mean over several steps: small differences grow with every step.
MAX_FIRST_STEPS_DIFFERENCE = 1e-2

# The same between precisions, e.g. bf16 and fp32.
MAX_PRECISION_DIFFERENCE = 3e-2

# Steps until which the log must stay close to the published one: later, right trainings may part too.
MAX_EARLY_STEP = 30

MIN_EARLY_LINES = 3  # fewest lines within these steps, the first left out, that are compared

# Share of the distance between two seeds that arithmetic may bring about within these steps; 0.05 was seen.
MAX_SEED_DISTANCE = 0.5

# Correlation of the jumps from line to line that a right training has in one loss or another; 0.99 was seen.
MIN_CORRELATION = 0.9

# Steps of the longest training whose jumps are compared: that they follow was never seen beyond.
MAX_COMPARED_STEPS = 1000

MIN_JUMPS = 16  # fewest jumps that are compared

# Share of the jumps that counts as independent: neighbours share a line, correlate by -1/2, and so leave n / 1.5 for
# the correlation of two such series (Bartlett, Journal of the Royal Statistical Society 98, 1935, pages 536-543).
INDEPENDENT_JUMP_SHARE = 2 / 3

# A published loss has six digits; a log that differs by more is another one, relative.
MAX_EQUAL_LOG_DIFFERENCE = 1e-5

# What may be left in a measure of the image under an equal log, relative; piqe and niqe jump the most.
MAX_EQUAL_IMAGE_DIFFERENCE = 1e-3

MAX_NAMED_MEASURES = 3

# What does not fit: the first losses; those soon after; the jumps from line to line; the images under an equal log.
DivergenceKind = Literal["starts", "parts", "order", "images"]


@dataclass(frozen=True)
class SeedDivergence:
    """What does not fit the published training of the same seed."""

    kind: DivergenceKind
    text: str  # the seed, what, from which step on, and how far, in words


@dataclass(frozen=True)
class SameSeedPair:
    """A training and the published one of the same row, seed and version of torch."""

    seed: int
    steps: np.ndarray  # that both logged, ascending, (n,)
    mine: Mapping[str, np.ndarray]  # the losses there, (n,) each
    theirs: Mapping[str, np.ndarray]  # those of the published training
    others: Mapping[str, np.ndarray]  # those of all other published seeds, (K, n) each
    tolerance: float  # how far the first losses may differ, relative
    starts_at_same_step: bool  # whether both logs start with the same step
    ends_at_same_step: bool  # whether both end with the same step, which is then the last one here

    @property
    def early(self) -> slice:
        """The lines soon after the first."""
        return slice(1, int(np.searchsorted(self.steps, MAX_EARLY_STEP, side="right")))

    @property
    def late(self) -> slice:
        """The lines after the first quarter of the log."""
        return slice(len(self.steps) // 4, len(self.steps))

    @property
    def late_jumps(self) -> int:
        """How many jumps from line to line are late."""
        return self.late.stop - self.late.start - 1

    def log_where_positive(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return a loss of mine and the published one, (n,), and of the others, (K, n): logarithms where positive."""
        sides = self.mine[name], self.theirs[name], self.others[name]
        if min(side.min() for side in sides) <= 0:
            return sides
        mine, theirs, others = map(np.log, sides)
        return mine, theirs, others


def pair_same_seeds(given: RecordedResults, published: RecordedResults) -> dict[RunKey, SameSeedPair]:
    """Return the trainings of both sides under the same seed and version of torch, by row and seed."""
    found = {}
    for key, ours in given.losses.items():
        theirs = published.losses.get(key)
        if not ours or not theirs:
            continue
        jobs = [side.jobs.get(key) or side.segmenter_jobs.get(key) or {} for side in (given, published)]
        tolerance = _find_tolerance(ours[0][0], *(records.get("train", {}) for records in jobs))
        rest = [log for (row, seed), log in published.losses.items() if row == key[0] and seed != key[1]]
        pair = None if tolerance is None else align_logs(key[1], ours, theirs, rest, tolerance)
        if pair is not None:
            found[key] = pair
    return found


def align_logs(
    seed: int, ours: LossEntries, theirs: LossEntries, rest: Sequence[LossEntries], tolerance: float
) -> SameSeedPair | None:
    """Return two logs of a seed at the steps and losses they share; None where they share none.

    A published log is thinned, one's own may be whole: a line both have is the mean over the same steps. Of ``rest``,
    the published logs of other seeds, those that lack a step are left out.
    """
    one, two = dict(ours), dict(theirs)
    steps = sorted(one.keys() & two.keys())
    names = [name for name in sorted(ours[0][1]) if all(name in log[step] for log in (one, two) for step in steps)]
    if not steps or not names:
        return None
    full = [log for log in map(dict, rest) if all(name in log.get(step, {}) for step in steps for name in names)]
    mine, published = ({name: _stack_losses([log], steps, name)[0] for name in names} for log in (one, two))
    others = {name: _stack_losses(full, steps, name) for name in names}
    starts, ends = (ours[place][0] == theirs[place][0] for place in (0, -1))
    return SameSeedPair(seed, np.array(steps), mine, published, others, tolerance, starts, ends)


def _stack_losses(logs: Sequence[Mapping[int, Mapping[str, float]]], steps: Sequence[int], name: str) -> np.ndarray:
    """Return a loss of several logs as (logs, steps)."""
    values = [log[step][name] for log in logs for step in steps]
    return np.array(values, dtype=float).reshape(len(logs), len(steps))


def _find_tolerance(step: int, mine: Mapping[str, Any], other: Mapping[str, Any]) -> float | None:
    """Return how far first losses may differ; None where initial weights need not agree: other versions of torch."""
    torch = [record.get("versions", {}).get("torch") for record in (mine, other)]
    if torch[0] != torch[1]:
        return None
    precision = [record.get("settings", {}).get("engine", {}).get("precision") for record in (mine, other)]
    if precision[0] != precision[1]:
        return MAX_PRECISION_DIFFERENCE
    return MAX_FIRST_STEP_DIFFERENCE if step == 1 else MAX_FIRST_STEPS_DIFFERENCE


def find_log_divergence(pair: SameSeedPair, level: float) -> list[SeedDivergence]:
    """Return what does not fit the published log: of three kinds of evidence the earliest.

    Args:
        pair: The two trainings.
        level: Chance that luck calls a right training's jumps wrong.
    """
    return [*_start_divergence(pair)] or [*_early_divergence(pair)] or [*_jump_divergence(pair, level)]


def _start_divergence(pair: SameSeedPair) -> Iterator[SeedDivergence]:
    """Yield first losses that differ by more than another machine's arithmetic."""
    if not pair.starts_at_same_step:
        return
    for name, mine in pair.mine.items():
        one, two = mine[0], pair.theirs[name][0]
        if abs(one - two) > pair.tolerance * max(abs(one), abs(two)):
            text = f"seed {pair.seed}: {name} up to step {pair.steps[0]} is {one:.4g}, published {two:.4g}"
            yield SeedDivergence("starts", text)


def _early_divergence(pair: SameSeedPair) -> Iterator[SeedDivergence]:
    """Yield the loss that leaves the published one farthest over the early steps, in distances between seeds."""
    early = pair.steps[pair.early]
    if not pair.starts_at_same_step or len(early) < MIN_EARLY_LINES:
        return
    found = {name: _measure_seed_distance(pair, name) for name in _varying_losses(pair)}
    name = max(found, key=lambda loss: found[loss], default="")
    if found.get(name, 0.0) > MAX_SEED_DISTANCE:
        text = (
            f"seed {pair.seed}: {name} leaves the published log between steps {early[0]} and {early[-1]}: it is "
            f"{found[name]:.2f} times as far away as another seed, by arithmetic {MAX_SEED_DISTANCE} times at most"
        )
        yield SeedDivergence("parts", text)


def _measure_seed_distance(pair: SameSeedPair, name: str) -> float:
    """Return how far a loss is from the published one in distances between seeds, over the early steps.

    Arithmetic throws a loss to either side, a fault to one: what counts is the median of the signed differences, where
    single lines that are means over fewer steps than others, since a checkpoint was saved within, count for nothing.
    """
    mine, theirs, others = (side[..., pair.early] for side in pair.log_where_positive(name))
    between = float(np.median(np.abs(others - theirs)))
    return abs(float(np.median(mine - theirs))) / between if between > 0 else 0.0


def _jump_divergence(pair: SameSeedPair, level: float) -> Iterator[SeedDivergence]:
    """Yield a training none of whose losses jumps as the published one's do, after the first quarter of the log."""
    if not can_compare_jumps(pair):
        return
    found = {name: _correlate_jumps(pair, name) for name in _varying_losses(pair)}
    name = max(found, key=lambda loss: found[loss])
    maximum = correlation_upper_limit(found[name], pair.late_jumps, level)
    if maximum < MIN_CORRELATION:
        text = (
            f"seed {pair.seed}: from step {pair.steps[pair.late][0]} to {pair.steps[-1]} no loss jumps as in the "
            f"published log: they correlate by {found[name]:.2f} at most ({name}; {maximum:.2f} allowing for luck), "
            f"under the same batches by {MIN_CORRELATION}"
        )
        yield SeedDivergence("order", text)


def can_compare_jumps(pair: SameSeedPair) -> bool:
    """Return whether the jumps from line to line can be compared: enough lines, other seeds, not too long."""
    is_long_enough = pair.late_jumps >= MIN_JUMPS
    return is_long_enough and pair.steps[-1] <= MAX_COMPARED_STEPS and bool(_varying_losses(pair))


def _varying_losses(pair: SameSeedPair) -> list[str]:
    """Return the losses whose jumps differ among seeds, two others at the fewest."""
    known = [name for name, others in pair.others.items() if len(others) >= 2 and pair.late_jumps > 0]
    return [name for name in known if all(np.ptp(side) > 0 for side in _compute_jumps(pair, name))]


def _correlate_jumps(pair: SameSeedPair, name: str) -> float:
    """Return the correlation of a loss's jumps with the published ones, after what all seeds share is taken off.

    What is taken off is the mean of the other seeds. It is the same on both sides, so trainings that have nothing to do
    with each other correlate by 1 / (1 + K) with K others, not by 0: that can hide a fault, never make one.
    """
    return float(np.corrcoef(*_compute_jumps(pair, name))[0, 1])


def _compute_jumps(pair: SameSeedPair, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the late jumps from line to line of both sides, less the mean of the other seeds."""
    mine, theirs, others = pair.log_where_positive(name)
    mean = others.mean(axis=0)
    return np.diff((mine - mean)[pair.late]), np.diff((theirs - mean)[pair.late])


def correlation_upper_limit(correlation: float, jumps: int, level: float) -> float:
    """Return what a correlation of so many jumps is at most, but for a chance of ``level`` (Fisher's z)."""
    spread = 1 / np.sqrt(INDEPENDENT_JUMP_SHARE * jumps - 3)
    return float(np.tanh(np.arctanh(min(correlation, 1 - 1e-12)) + stats.norm.isf(level) * spread))


def find_image_divergence(
    given: RecordedResults, published: RecordedResults, row: str, pair: SameSeedPair
) -> Iterator[SeedDivergence]:
    """Yield that the images of a training with an equal log score otherwise than the published ones."""
    if not _has_equal_log(pair):
        return
    differing: list[tuple[float, str]] = []
    for measure, kind in find_measure_kinds().items():
        sides = [side.grids.get((row, measure)) for side in (given, published)]
        columns = [grid[[pair.seed]] for grid in sides if grid is not None and pair.seed in grid]
        if kind == "image" and len(columns) == len(sides):
            for mine, theirs in zip(*average_shared_images(*columns), strict=True):
                share = abs(mine - theirs) / max(abs(mine), abs(theirs), 1e-12)
                if share > MAX_EQUAL_IMAGE_DIFFERENCE:
                    differing.append((share, f"{measure} is {mine:.4g}, published {theirs:.4g}"))
    if differing:
        named = [text for _, text in sorted(differing, key=lambda one: -one[0])[:MAX_NAMED_MEASURES]]
        text = f"seed {pair.seed}: the log equals the published one to its last line, but {'; '.join(named)}"
        yield SeedDivergence("images", text)


def _has_equal_log(pair: SameSeedPair) -> bool:
    """Return whether all losses agree from the first common line to the last line of both logs."""
    if not (pair.starts_at_same_step and pair.ends_at_same_step):
        return False
    sides = ((pair.mine[name], pair.theirs[name]) for name in pair.mine)
    return all(np.allclose(mine, theirs, rtol=MAX_EQUAL_LOG_DIFFERENCE, atol=1e-9) for mine, theirs in sides)
