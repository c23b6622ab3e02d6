"""Optimisers and their learning rates, which are pure functions of the step: nothing of them has to be saved.

torch imports ``torch._dynamo`` (1 s and 150 MB) with a process's first optimiser, only to keep the compiler out of it.
Here each optimiser does the same arithmetic without that import; compiled networks still work: they import it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

# Learning rate at a step, counted from 0.
Schedule = Callable[[int], float]


@dataclass
class ScheduledOptimizer:
    """An optimiser and the closed form of its learning rate."""

    optimizer: torch.optim.Optimizer
    schedule: Schedule

    def descend(self, rate: float) -> None:
        """Do one step at the learning rate ``rate``."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if not type(self.optimizer).__module__.startswith("torch.optim."):
            self.optimizer.step()
            return
        # torch's wrapper around ``step`` imports the compiler, then does no more than this.
        with torch.no_grad():
            inspect.unwrap(type(self.optimizer).step)(self.optimizer)


def make_optimizer(
    kind: type[torch.optim.Optimizer], parameters: Iterable[nn.Parameter], **options: Any
) -> torch.optim.Optimizer:
    """Return an optimiser of a class of ``torch.optim`` or derived from ``torch.optim.Optimizer``."""
    avoid_compiler_import(torch.optim.Optimizer)
    return kind(list(parameters), **options)


def avoid_compiler_import(owner: type) -> None:
    """Let the methods that a class of torch hides from the compiler run without importing it."""
    # At the first call torch's wrapper imports the compiler to make the hidden form, unless this attribute holds one.
    for method in vars(owner).values():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            plain.__dict__.setdefault("__dynamo_disable", plain)


def epoch_at_step(step: int, total_steps: int, epochs: int) -> int:
    """Return the epoch (1-based) of a step (0-based) when ``epochs`` are spread evenly over ``total_steps``.

    A short run thus goes through the whole schedule of a long one.
    """
    return min(step, total_steps - 1) * epochs // total_steps + 1


def linear_decay_factor(epoch: int, plateau: int, span: int) -> float:
    """Return the factor on the rate: 1 up to epoch ``plateau`` (1-based), then lower by ``1 / span`` with each epoch.

    >>> [linear_decay_factor(epoch, 2, 4) for epoch in (1, 2, 3, 6)]
    [1.0, 1.0, 0.75, 0.0]
    """
    return 1.0 - max(0, epoch - plateau) / span


def constant_then_linear(lr: float, plateau: int, span: int, epochs: int, total_steps: int) -> Schedule:
    """Return the rate ``lr * linear_decay_factor(epoch, plateau, span)``, its epochs spread over the run's steps.

    Public codes with ``constant`` and ``decay`` epochs differ in when their scheduler is stepped:

    - before an epoch (StillGAN, SCR-Net, CycleGAN since 2020): plateau ``constant - 1``, span ``decay + 1``; ends at 0;
    - after an epoch (CUT): plateau ``constant``, span ``decay + 1``; the last epoch has ``1 / span`` of the rate;
    - after an epoch, without the 1 (EnlightenGAN): plateau ``constant + 1``, span ``decay``.
    """
    return lambda step: lr * linear_decay_factor(epoch_at_step(step, total_steps, epochs), plateau, span)


def polynomial_decay(lr: float, power: float, total_steps: int, steps_per_epoch: int) -> Schedule:
    """Return a polynomial decay to zero, changed after each epoch: epochs 0 and 1 both train at ``lr``.

    Epoch ``e >= 1`` trains at ``lr (1 - (e - 1) / E) ** power`` with E epochs in all.
    """
    epochs = max(total_steps / steps_per_epoch, 1.0)

    def rate(step: int) -> float:
        last = max(step // steps_per_epoch - 1, 0)
        return float(lr * max(1.0 - last / epochs, 0.0) ** power)

    return rate


def warm_up_then_halving(lr: float, start: float, warm_up: int, halve_every: int, steps_per_epoch: int) -> Schedule:
    """Return a linear warm-up of so many steps from ``start`` to ``lr``, then halvings every so many epochs.

    >>> rate = warm_up_then_halving(1.0, 0.5, warm_up=2, halve_every=3, steps_per_epoch=2)
    >>> [rate(step) for step in (0, 1, 2, 7, 8, 14)]
    [0.5, 0.75, 1.0, 1.0, 0.5, 0.25]
    """

    def rate(step: int) -> float:
        if step < warm_up:
            return start + (lr - start) * step / warm_up
        epochs = (step - warm_up) / steps_per_epoch
        return float(lr * 0.5 ** (epochs // halve_every))

    return rate
