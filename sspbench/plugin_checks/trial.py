"""A very short training of a plugin on made pictures, for checks: uninterrupted, or stopped and resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..config.plan import load_default_engine
from ..config.resolve_auto import resolve
from ..config.settings import Engine
from ..contract import CHANNELS, ColorMode
from ..errors import UserError
from ..images.pictures import to_planes
from ..plugins.discovery import Plugin, find_single_class, load_method_class
from ..training.loop.batches import Batches, BatchPlan, Domain, DomainBatches, make_batches
from ..training.loop.training import Training, TrainingBudget
from ..training.trainable import Trainable, TrainableMethod, TrainableSegmenter
from .side_effects import SideEffectMonitor
from .synthetic_images import IMAGE_SIDE_PX, add_colour, make_domain

TRIAL_STEPS = 4
SAVE_EVERY_STEPS = 2
STOP_AT_STEP = 3
"""The step (from 0) whose computation is broken off; the checkpoint lies one step back."""


class _Stopped(Exception):
    """Breaks a training off in mid-step, as a power cut does."""


@dataclass(frozen=True)
class Trial:
    """How a plugin is tried.

    Attributes:
        plugin: A learned method or a segmenter.
        monitor: Watches its code.
        scratch: A folder for checkpoints and logs.
        device: ``cpu``, ``cuda`` or ``mps``: where it computes.
        color: Mode of the made pictures.
    """

    plugin: Plugin
    monitor: SideEffectMonitor
    scratch: Path
    device: str
    color: ColorMode

    @property
    def engine(self) -> Engine:
        """The default engine on the trial's device."""
        return resolve(load_default_engine(), self.device)

    def make_trainable(self, params: Mapping[str, Any], seed: int = 0) -> Trainable:
        """Return an unbuilt instance that knows the channels of the made pictures.

        Raises:
            UserError: the class cannot be trained.
        """
        trainable = self._get_class()(params, seed)
        trainable.channels = CHANNELS[self.color]
        return trainable

    def _get_class(self) -> type[Trainable]:
        if self.plugin.group != "methods":
            return find_single_class(self.plugin.import_module(), TrainableSegmenter, self.plugin.code_file)
        kind = load_method_class(self.plugin)
        if not issubclass(kind, TrainableMethod):
            raise UserError(
                "It is of kind learned but its class cannot be trained",
                hint="derive it from sspbench.TrainableMethod, or set kind: classical",
            )
        return kind

    def train(self, trainable: Trainable, name: str, *, stop: bool = False, steps: int = TRIAL_STEPS) -> Trainable:
        """Train on made pictures, from a checkpoint of ``name`` where there is one; with ``stop``, break off."""
        training = self.make_training(trainable, name)
        training.total_steps = steps
        if stop:
            _break_off_mid_step(trainable)
        with self.monitor.watch(), suppress(_Stopped):
            training.run(lambda: self._iter_whole_images(training.batches.plan))
        return trainable

    def build_untrained(self, trainable: Trainable, name: str) -> Trainable:
        """Build an instance and do no step."""
        training = self.make_training(trainable, name)
        training.untrained = True
        with self.monitor.watch():
            training.run(lambda: self._iter_whole_images(training.batches.plan))
        return trainable

    def make_training(self, trainable: Trainable, name: str) -> Training:
        """Return the training of an unbuilt instance on made pictures; its files go to ``name``."""
        plan = BatchPlan.from_params(trainable.params)
        batches, budget = self._make_batches(plan, trainable), TrainingBudget(checkpoint_steps=SAVE_EVERY_STEPS)
        folder, device = self.scratch / name, torch.device(self.device)
        return Training(trainable, batches, self.engine, budget, folder, {}, device=device)

    def _make_batches(self, plan: BatchPlan, trainable: Trainable) -> Batches:
        side = _image_side(plan)
        if not isinstance(trainable, TrainableMethod):
            pictures, labels = make_domain("high", side)
            return DomainBatches(plan, trainable.seed, Domain(plan, self._in_mode(pictures), labels))
        domains = {name: Domain(plan, self._in_mode(make_domain(name, side)[0])) for name in trainable.learns_from}
        return make_batches(plan, trainable.seed, domains)

    def _iter_whole_images(self, plan: BatchPlan) -> Iterable[Tensor]:
        for picture in self._in_mode(make_domain("high", _image_side(plan))[0]):
            planes = np.ascontiguousarray(to_planes(picture))
            yield torch.from_numpy(planes)[None].to(self.device).float() / 255

    def _in_mode(self, pictures: list[np.ndarray]) -> list[np.ndarray]:
        return [add_colour(picture) for picture in pictures] if self.color == "rgb" else pictures


def _image_side(plan: BatchPlan) -> int:
    return plan.resize or max(plan.crop or IMAGE_SIDE_PX, IMAGE_SIDE_PX)


def _break_off_mid_step(trainable: Trainable) -> None:
    whole_step = trainable.training_step

    def step(*batch: Tensor) -> dict[str, Tensor]:
        losses = whole_step(*batch)
        if trainable.step == STOP_AT_STEP:
            raise _Stopped
        return losses

    trainable.training_step = step  # type: ignore[method-assign]  # of this one instance
