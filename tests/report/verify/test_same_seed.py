"""Logs of the same seed, simulated: arithmetic lets them follow the published one, faults do not."""

import numpy as np
import pytest

from report.verify.same_seed import (
    MIN_CORRELATION,
    align_logs,
    can_compare_jumps,
    correlation_upper_limit,
    find_log_divergence,
)

STEPS = 60
LEVEL = 0.005


def batch_noise(seed):
    """Return what batches do to two losses, (2, steps), in units of their standard deviation."""
    return np.random.default_rng([0, seed]).normal(size=(2, STEPS))


def log_of(batches, drift=0.0, chaos=0.0, luck=0, every=1):
    """Return a log: losses that fall alike under all seeds, thrown about by batches, and less so by arithmetic.

    Args:
        batches: Of :func:`batch_noise`.
        drift: Part of the fall that a fault adds, as a logarithm at the end.
        chaos: Standard deviation, at the end, of what arithmetic does to the logarithm.
        luck: Seed of the arithmetic.
        every: Steps of which one line is the mean.
    """
    along = np.linspace(0, 1, STEPS)
    other = np.random.default_rng([1, luck]).normal(size=(2, STEPS)) * chaos * along
    curves = np.exp(-along + drift * np.sqrt(along) + 0.1 * batches + other).reshape(2, -1, every).mean(axis=2)
    return [
        (every * (line + 1), {"cycle": float(curves[0, line]), "adversarial": float(curves[1, line])})
        for line in range(STEPS // every)
    ]


def kinds(mine, seed=0, tolerance=1e-3, every=1, published=5):
    theirs, *rest = (log_of(batch_noise(one), every=every) for one in (seed, *range(1, published)))
    pair = align_logs(seed, mine, theirs, rest, tolerance)
    return [one.kind for one in find_log_divergence(pair, LEVEL)]


def after(step, seed, other):
    """Return the batches of a seed up to a step, then those of another."""
    return np.concatenate([batch_noise(seed)[:, :step], batch_noise(other)[:, step:]], axis=1)


@pytest.mark.parametrize("every", [1, 2])
def test_arithmetic_alone_is_seldom_called_wrong(every):
    found = [kinds(log_of(batch_noise(0), chaos=0.03, luck=luck, every=every), every=every) for luck in range(100)]
    assert sum(map(bool, found)) <= 1


def test_a_log_that_leaves_the_published_one_is_found():
    assert kinds(log_of(batch_noise(0), drift=0.4, chaos=0.03)) == ["parts"]


def test_other_batches_after_the_first_epoch_are_found():
    found = [kinds(log_of(after(12, 0, other), chaos=0.03)) for other in range(50, 100)]
    assert sum("order" in one for one in found) >= 45


def test_first_losses_are_told_before_all_else():
    assert kinds(log_of(batch_noise(9), drift=0.4)) == ["starts", "starts"]


def test_one_line_that_is_a_mean_over_fewer_steps_is_no_fault():
    mine = log_of(batch_noise(0))
    mine[10] = (mine[10][0], {name: 2 * loss for name, loss in mine[10][1].items()})
    assert kinds(mine) == []


def test_a_whole_log_is_compared_with_a_thinned_one():
    theirs, *rest = (log_of(batch_noise(seed))[::2] for seed in range(5))
    pair = align_logs(0, log_of(batch_noise(0)), theirs, rest, 1e-3)
    assert pair.steps.tolist() == list(range(1, STEPS, 2))
    assert find_log_divergence(pair, LEVEL) == []


def test_what_it_says_names_seed_steps_and_distance():
    theirs, *rest = (log_of(batch_noise(seed)) for seed in (3, 0, 1, 2, 4))
    (parted,) = find_log_divergence(align_logs(3, log_of(batch_noise(3), drift=0.4), theirs, rest, 1e-3), LEVEL)
    assert parted.text.startswith("seed 3: ")
    assert "between steps 2 and 30: it is" in parted.text
    (other,) = find_log_divergence(align_logs(3, log_of(after(12, 3, 77)), theirs, rest, 1e-3), LEVEL)
    assert other.text.startswith("seed 3: from step 16 to 60 no loss jumps as in the published log")


def test_without_other_seeds_only_first_losses_tell():
    assert kinds(log_of(batch_noise(0), drift=0.4), published=1) == []
    assert not can_compare_jumps(align_logs(0, log_of(batch_noise(0)), log_of(batch_noise(0)), [], 1e-3))


def test_logs_without_a_common_step_are_no_pair():
    assert align_logs(0, [(1, {"cycle": 1.0})], [(2, {"cycle": 1.0})], [], 1e-3) is None


@pytest.mark.parametrize("jumps", [24, 44])
def test_the_upper_limit_of_a_correlation_is_kept(jumps):
    """Jumps of one line to the next of two series that correlate by exactly what a right training has."""
    random = np.random.default_rng(0)
    shared, own = random.normal(size=(2, 1, 4000, jumps + 1)), random.normal(size=(2, 4000, jumps + 1))
    lines = np.sqrt(MIN_CORRELATION) * shared[0] + np.sqrt(1 - MIN_CORRELATION) * own
    one, two = np.diff(lines, axis=-1)
    found = [np.corrcoef(a, b)[0, 1] for a, b in zip(one, two, strict=True)]
    missed = np.mean([correlation_upper_limit(float(r), jumps, 0.01) < MIN_CORRELATION for r in found])
    assert missed <= 0.015
