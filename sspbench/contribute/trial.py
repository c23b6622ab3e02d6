"""A very short training of a plugin on made pictures, for checks: uninterrupted, or stopped and resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError
from ..plan.automatic import chosen
from ..plan.config import default_engine
from ..plan.discovery import Plugin, method_class, single_class
from ..training.batches import Batches, BatchPlan, Domain, DomainBatches, batches_from
from ..training.loop import Budget, Training
from ..training.trainable import Trainable, TrainableMethod, TrainableSegmenter
from .pictures import SIDE, domain
from .witness import Witness

STEPS = 4
STOP_AT = 3
"""The step (from 0) whose computation is broken off; the checkpoint lies one step back."""
SAVE_EVERY = 2


CPU = torch.device("cpu")
"""Trials compute there even beside a GPU, whose kernels may differ in the last bit from one run to the next."""


class _Stopped(Exception):
    """Breaks a training off in mid-step, as a power cut does."""


@dataclass(frozen=True)
class Trial:
    """How a plugin is tried.

    Attributes:
        plugin: A learned method or a segmenter.
        witness: Watches its code.
        scratch: A folder for checkpoints and logs.
    """

    plugin: Plugin
    witness: Witness
    scratch: Path

    def make(self, params: Mapping[str, Any], seed: int = 0) -> Trainable:
        """Return an unbuilt instance.

        Raises:
            UserError: the class cannot be trained.
        """
        if self.plugin.group != "methods":
            return single_class(self.plugin.module(), TrainableSegmenter, self.plugin.code)(params, seed)
        kind = method_class(self.plugin)
        if not issubclass(kind, TrainableMethod):
            raise UserError(
                "It is of kind learned but its class cannot be trained",
                hint="derive it from sspbench.TrainableMethod, or set kind: classical",
            )
        return kind(params, seed)

    def train(self, trainable: Trainable, name: str, *, stop: bool = False, steps: int = STEPS) -> Trainable:
        """Train on made pictures, from a checkpoint of ``name`` where there is one; with ``stop``, break off."""
        training = self.training(trainable, name)
        training.total = steps
        if stop:
            _break_off(trainable)
        with self.witness.active():
            try:
                training.run(lambda: self._whole(training.batches.plan))
            except _Stopped:
                return trainable
        return trainable

    def untrained(self, trainable: Trainable, name: str) -> Trainable:
        """Build an instance and do no step."""
        training = self.training(trainable, name)
        training.untrained = True
        with self.witness.active():
            training.run(lambda: self._whole(training.batches.plan))
        return trainable

    def training(self, trainable: Trainable, name: str) -> Training:
        """Return the training of an unbuilt instance on made pictures; its files go to ``name``."""
        plan = BatchPlan.of(trainable.params)
        batches, budget = self._batches(plan, trainable), Budget(checkpoint_steps=SAVE_EVERY)
        return Training(
            trainable, batches, chosen(default_engine(), "cpu"), budget, self.scratch / name, {}, device=CPU
        )

    def _batches(self, plan: BatchPlan, trainable: Trainable) -> Batches:
        side = _side(plan)
        if not isinstance(trainable, TrainableMethod):
            return DomainBatches(plan, trainable.seed, Domain(plan, *domain("high", side)))
        domains = {name: Domain(plan, domain(name, side)[0]) for name in trainable.learns_from}
        return batches_from(plan, trainable.seed, domains)

    def _whole(self, plan: BatchPlan) -> Iterable[Tensor]:
        for picture in domain("high", _side(plan))[0]:
            yield torch.from_numpy(picture)[None, None].float() / 255


def _side(plan: BatchPlan) -> int:
    return plan.resize or max(plan.crop or SIDE, SIDE)


def _break_off(trainable: Trainable) -> None:
    whole_step = trainable.training_step

    def step(*batch: Tensor) -> dict[str, Tensor]:
        losses = whole_step(*batch)
        if trainable.step == STOP_AT:
            raise _Stopped
        return losses

    trainable.training_step = step  # type: ignore[method-assign]  # of this one instance
