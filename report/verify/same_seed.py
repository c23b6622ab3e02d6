"""Evidence of the same seed: its log must start like the published one, stay close to it for a while, and follow it.

Under the same seed and version of torch initial weights and the order of the data are the same. What is left between
two right trainings is arithmetic, which grows with every step. So, from the surest to the least sure:

- the first logged losses agree (:data:`MAX_FIRST_STEP_DIFFERENCE` and the like);
- over the next steps they are far closer to the published ones than other seeds' are (:data:`MAX_SEED_DISTANCE`);
- to the end, the jumps from line to line are those of the published seed: batches make them, not weights.

Only the last has a chance of error that is known: from n jumps the upper limit of their correlation follows by Fisher's
z, and a seed is called not consistent where no loss may reach :data:`MIN_CORRELATION`. The other limits come from
what other arithmetic was seen to do (docs/notebook/verify.md), and so does this correlation.
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

DivergenceKind = Literal["starts", "parts", "order", "images"]


@dataclass(frozen=True)
class SeedDivergence:
    """What does not fit the published training of the same seed.

    Attributes:
        kind: ``starts``: the first losses; ``parts``: those soon after; ``order``: the jumps from line to line;
            ``images``: what the images score under an equal log.
        text: The seed, what, from which step on, and how far, in words.
    """

    kind: DivergenceKind
    text: str


@dataclass(frozen=True)
class SameSeedPair:
    """A training and the published one of the same row, seed and version of torch.

    Attributes:
        seed: Their seed.
        steps: The steps that both logged, ascending, (n,).
        mine: The losses there, (n,) each.
        theirs: Those of the published training.
        others: Those of all other published seeds, (K, n) each.
        tolerance: How far the first losses may differ, relative.
        starts_at_same_step: Whether both start with the same step.
        ends_at_same_step: Whether both end with the same step, which is then the last one here.
    """

    seed: int
    steps: np.ndarray
    mine: Mapping[str, np.ndarray]
    theirs: Mapping[str, np.ndarray]
    others: Mapping[str, np.ndarray]
    tolerance: float
    starts_at_same_step: bool
    ends_at_same_step: bool


def pair_same_seeds(given: RecordedResults, published: RecordedResults) -> dict[RunKey, SameSeedPair]:
    """Return the trainings of both sides under the same seed and version of torch, by row and seed."""
    found = {}
    for key, ours in given.losses.items():
        theirs = published.losses.get(key)
        if not ours or not theirs:
            continue
        tolerance = _find_tolerance(ours[0][0], *(_training_record(side, key) for side in (given, published)))
        rest = [log for (row, seed), log in published.losses.items() if row == key[0] and seed != key[1]]
        pair = None if tolerance is None else align_logs(key[1], ours, theirs, rest, tolerance)
        if pair is not None:
            found[key] = pair
    return found


def align_logs(
    seed: int, ours: LossEntries, theirs: LossEntries, rest: Sequence[LossEntries], tolerance: float
) -> SameSeedPair | None:
    """Return two logs of a seed at the steps and losses they share; None where they share none.

    A published log is thinned, one's own may be whole: a line both have is the mean over the same steps.

    Args:
        seed: Their seed.
        ours: The log in question.
        theirs: The published one.
        rest: The published logs of other seeds; those that lack a step are left out.
        tolerance: How far the first losses may differ, relative.
    """
    one, two = dict(ours), dict(theirs)
    steps = sorted(one.keys() & two.keys())
    names = [name for name in sorted(ours[0][1]) if all(name in log[step] for log in (one, two) for step in steps)]
    if not steps or not names:
        return None
    full = [log for log in map(dict, rest) if all(name in log.get(step, {}) for step in steps for name in names)]
    mine, published = ({name: _loss_curve(log, steps, name) for name in names} for log in (one, two))
    others = {
        name: np.array([_loss_curve(log, steps, name) for log in full]).reshape(len(full), len(steps)) for name in names
    }
    starts, ends = (ours[place][0] == theirs[place][0] for place in (0, -1))
    return SameSeedPair(seed, np.array(steps), mine, published, others, tolerance, starts, ends)


def _loss_curve(log: Mapping[int, Mapping[str, float]], steps: Sequence[int], name: str) -> np.ndarray:
    return np.array([log[step][name] for step in steps], dtype=float)


def _training_record(side: RecordedResults, key: RunKey) -> Mapping[str, Any]:
    """Return the record of a training; empty without any."""
    jobs = side.jobs.get(key) or side.segmenter_jobs.get(key) or {}
    return dict(jobs.get("train", {}))


def _find_tolerance(step: int, mine: Mapping[str, Any], other: Mapping[str, Any]) -> float | None:
    """Return how far first losses may differ; None where initial weights need not agree: other versions of torch."""
    torch = [record.get("versions", {}).get("torch") for record in (mine, other)]
    if torch[0] != torch[1]:
        return None
    precision = [record.get("settings", {}).get("engine", {}).get("precision") for record in (mine, other)]
    if precision[0] != precision[1]:
        return MAX_PRECISION_DIFFERENCE
    return MAX_FIRST_STEP_DIFFERENCE if step == 1 else MAX_FIRST_STEPS_DIFFERENCE


def find_divergence(pair: SameSeedPair, level: float) -> Iterator[SeedDivergence]:
    """Yield what does not fit the published training: of three kinds of evidence the earliest.

    Args:
        pair: The two trainings.
        level: Chance that luck calls a right training's jumps wrong.
    """
    for find in (_start_divergence, _early_divergence, lambda of: _jump_divergence(of, level)):
        found = list(find(pair))
        if found:
            yield from found
            return


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
    found = (
        {name: measure_seed_distance(pair, name) for name in _varying_losses(pair)} if can_compare_early(pair) else {}
    )
    name = max(found, key=lambda loss: found[loss], default="")
    if found.get(name, 0.0) > MAX_SEED_DISTANCE:
        early = pair.steps[_early_lines(pair)]
        text = (
            f"seed {pair.seed}: {name} leaves the published log between steps {early[0]} and {early[-1]}: it is "
            f"{found[name]:.2f} times as far away as another seed, by arithmetic {MAX_SEED_DISTANCE} times at most"
        )
        yield SeedDivergence("parts", text)


def can_compare_early(pair: SameSeedPair) -> bool:
    """Return whether there are enough lines to see a training diverge from the published one."""
    return pair.starts_at_same_step and len(pair.steps[_early_lines(pair)]) >= MIN_EARLY_LINES


def measure_seed_distance(pair: SameSeedPair, name: str) -> float:
    """Return how far a loss is from the published one in distances between seeds, over the early steps.

    Arithmetic throws a loss to either side, a fault to one: what counts is the median of the signed differences, where
    single lines that are means over fewer steps than others, since a checkpoint was saved within, count for nothing.
    """
    mine, theirs, others = (side[..., _early_lines(pair)] for side in _log_where_positive(pair, name))
    between = float(np.median(np.abs(others - theirs)))
    return abs(float(np.median(mine - theirs))) / between if between > 0 else 0.0


def _early_lines(pair: SameSeedPair) -> slice:
    """Return the lines soon after the first."""
    return slice(1, int(np.searchsorted(pair.steps, MAX_EARLY_STEP, side="right")))


def _jump_divergence(pair: SameSeedPair, level: float) -> Iterator[SeedDivergence]:
    """Yield a training none of whose losses jumps as the published one's do, after the first quarter of the log."""
    if not can_compare_jumps(pair):
        return
    found = {name: correlate_jumps(pair, name) for name in _varying_losses(pair)}
    name = max(found, key=lambda loss: found[loss])
    maximum = correlation_upper_limit(found[name], len(_late_steps(pair)) - 1, level)
    if maximum < MIN_CORRELATION:
        first, last = pair.steps[[-len(_late_steps(pair)), -1]]
        text = (
            f"seed {pair.seed}: from step {first} to {last} no loss jumps as in the published log: they correlate by "
            f"{found[name]:.2f} at most ({name}; {maximum:.2f} allowing for luck), under the same batches "
            f"by {MIN_CORRELATION}"
        )
        yield SeedDivergence("order", text)


def can_compare_jumps(pair: SameSeedPair) -> bool:
    """Return whether the jumps from line to line can be compared: enough lines, other seeds, not too long."""
    jumps = len(_late_steps(pair)) - 1
    return jumps >= MIN_JUMPS and pair.steps[-1] <= MAX_COMPARED_STEPS and bool(_varying_losses(pair))


def _late_steps(pair: SameSeedPair) -> np.ndarray:
    return pair.steps[len(pair.steps) // 4 :]


def _varying_losses(pair: SameSeedPair) -> list[str]:
    """Return the losses whose jumps differ among seeds, two others at the fewest."""
    return [name for name, others in pair.others.items() if len(others) >= 2 and _has_jumps(pair, name)]


def _has_jumps(pair: SameSeedPair, name: str) -> bool:
    jumps = _compute_jumps(pair, name)
    return len(jumps[0]) > 0 and all(np.ptp(side) > 0 for side in jumps)


def _log_where_positive(pair: SameSeedPair, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a loss of mine and the published one, (n,), and of the others, (K, n): logarithms where positive."""
    sides = pair.mine[name], pair.theirs[name], pair.others[name]
    if min(side.min() for side in sides) <= 0:
        return sides
    mine, theirs, others = map(np.log, sides)
    return mine, theirs, others


def correlate_jumps(pair: SameSeedPair, name: str) -> float:
    """Return the correlation of a loss's jumps with the published ones, after what all seeds share is taken off.

    What is taken off is the mean of the other seeds. It is the same on both sides, so trainings that have nothing to do
    with each other correlate by 1 / (1 + K) with K others, not by 0: that can hide a fault, never make one.
    """
    return float(np.corrcoef(*_compute_jumps(pair, name))[0, 1])


def _compute_jumps(pair: SameSeedPair, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the late jumps from line to line of both sides, less the mean of the other seeds."""
    mine, theirs, others = _log_where_positive(pair, name)
    first, mean = len(pair.steps) - len(_late_steps(pair)), others.mean(axis=0)
    return np.diff((mine - mean)[first:]), np.diff((theirs - mean)[first:])


def correlation_upper_limit(correlation: float, jumps: int, level: float) -> float:
    """Return what a correlation of so many jumps is at most, but for a chance of ``level`` (Fisher's z)."""
    spread = 1 / np.sqrt(INDEPENDENT_JUMP_SHARE * jumps - 3)
    return float(np.tanh(np.arctanh(min(correlation, 1 - 1e-12)) + stats.norm.isf(level) * spread))
