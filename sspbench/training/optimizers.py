"""Makes and steps torch's optimisers without importing torch's compiler.

torch imports ``torch._dynamo`` (1 s and 150 MB) with a process's first optimiser, only to keep the compiler out of it.
Here each optimiser does the same arithmetic without that import; compiled networks still work: they import it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from .schedules import Schedule


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
