"""Learning rates step by step, worked out by hand."""

import pytest

from sspbench.training.optimizers import (
    constant_then_linear,
    epoch_at_step,
    linear_decay_factor,
    polynomial_decay,
    warm_up_then_halving,
)


def test_epochs_are_spread_over_the_steps_and_the_last_one_stays():
    assert [epoch_at_step(step, 6, 4) for step in range(9)] == [1, 1, 2, 3, 3, 4, 4, 4, 4]
    assert [epoch_at_step(step, 3, 6) for step in range(4)] == [1, 3, 5, 5]


def test_the_factor_is_1_on_the_plateau_then_falls_evenly():
    assert [linear_decay_factor(epoch, 2, 4) for epoch in range(1, 7)] == [1, 1, 0.75, 0.5, 0.25, 0]
    rate = constant_then_linear(8.0, 1, 4, 5, 10)
    assert [rate(step) for step in (0, 1, 2, 3, 4, 6, 8, 9, 20)] == [8, 8, 6, 6, 4, 2, 0, 0, 0]


def test_polynomial_decay_changes_after_each_epoch_from_the_second_on():
    rate = polynomial_decay(4.0, 2.0, total_steps=8, steps_per_epoch=2)
    # Four epochs: 4 (1 - (e - 1) / 4) ** 2, and never below 0.
    assert [rate(step) for step in (0, 1, 2, 3, 4, 5, 6, 8, 10, 30)] == [4, 4, 4, 4, 2.25, 2.25, 1, 0.25, 0, 0]
    short = polynomial_decay(4.0, 2.0, total_steps=1, steps_per_epoch=2)  # less than one epoch counts as one
    assert [short(step) for step in (0, 3, 4)] == [4, 4, 0]


def test_a_linear_warm_up_then_halvings():
    rate = warm_up_then_halving(2.0, 0.4, warm_up=4, halve_every=2, steps_per_epoch=3)
    assert [rate(step) for step in range(5)] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0])
    assert [rate(step) for step in (9, 10, 15, 16, 22)] == [2.0, 1.0, 1.0, 0.5, 0.25]
