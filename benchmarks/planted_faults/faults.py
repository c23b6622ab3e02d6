"""Ten faults of a training of SSP-Net: what people get wrong, planted one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sspbench import TrainableMethod
from sspbench.plugins.discovery import get_plugin, load_method_class
from sspbench.training.loop.batches import Batches

SSPNet: Any = load_method_class(get_plugin("methods", "sspnet"))

BASE_PARAMS: Mapping[str, Any] = {
    "norm": "batch",
    "steps": 60,
    "schedule": {"start": 1e-4, "warm_up": 10, "halve_every": 1000},
    "batches": {"size": 2, "crop": 64, "resize": None},
}
"""Parameters over the demo's. Batch normalisation, as in the paper: else a forgotten eval mode would change nothing."""


class SwappedSteps(SSPNet):  # type: ignore[misc]
    """The discriminator steps before the generator."""

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Do the two steps in the other order."""
        given = torch.cat([low, high]) * 2 - 1
        enhanced = self.networks["generator"](given)
        judged = self._step_discriminator(given, enhanced.detach())
        return {**self._step_generator(given, enhanced), "discriminator": judged}


class KeepsTrainingMode(SSPNet):  # type: ignore[misc]
    """Enhances in training mode."""

    def inference_mode(self) -> None:
        """Leave all networks as training left them."""


class BlurredTraining(SSPNet):  # type: ignore[misc]
    """Trains on images that were halved and enlarged again."""

    def training_step(self, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Resize the wrong way, then do the step."""
        return dict(super().training_step(_halve_and_enlarge(low), _halve_and_enlarge(high)))


def _halve_and_enlarge(images: Tensor) -> Tensor:
    small = functional.interpolate(images, scale_factor=0.5)
    return functional.interpolate(small, scale_factor=2.0)


class FirstEpochBatches(Batches):
    """The first epoch's batches, again and again: the same crops, flips and partners."""

    def __init__(self, batches: Batches) -> None:
        super().__init__(batches.plan, batches.seed, batches.length)
        self.batches = batches

    def batch(self, step: int) -> tuple[Tensor, ...]:
        """Return the batch of the step in the first epoch."""
        return self.batches.batch(step % self.steps_per_epoch)


@dataclass(frozen=True)
class TrainingCase:
    """A training, right or with a fault.

    Attributes:
        name: Folder of its results.
        text: What is wrong.
        params: Parameters over :data:`BASE_PARAMS`.
        kind: The method.
        first_epoch: Whether the batches of the first epoch come again and again.
        data_seed: Added to the data's seed.
        engine: How steps are computed, where otherwise.
    """

    name: str
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    kind: type[TrainableMethod] = SSPNet
    first_epoch: bool = False
    data_seed: int = 0
    engine: Mapping[str, Any] = field(default_factory=dict)


CORRECT_CASE = TrainingCase("right", "nothing")

ARITHMETIC_CASES = (
    TrainingCase("channels_last", "nothing; another memory layout", engine={"channels_last": True}),
    TrainingCase("threads", "nothing; two CPU threads instead of one", engine={"threads": 2}),
    TrainingCase("bf16", "nothing; bf16 instead of fp32", engine={"precision": "bf16"}),
)
"""Right trainings whose arithmetic differs, as on another machine."""

FAULT_CASES = (
    TrainingCase("rate", "learning rate × 3", {"lr": 1.5e-3, "schedule": {"start": 3e-4}}),
    TrainingCase("term", "a loss term is logged but not added", {"weights": {"illumination": 1e-12}}),
    TrainingCase("flips", "no flips", {"batches": {"flips": []}}),
    TrainingCase("norm", "instance instead of batch normalisation", {"norm": "instance"}),
    TrainingCase("swapped", "the discriminator steps before the generator", kind=SwappedSteps),
    TrainingCase("start", "no identity start", {"identity_start": None}),
    TrainingCase("epoch", "only the first epoch's batches", first_epoch=True),
    TrainingCase("resize", "training images halved and enlarged again", kind=BlurredTraining),
    TrainingCase("eval", "evaluation mode forgotten", kind=KeepsTrainingMode),
    TrainingCase("data", "another seed of the data", data_seed=1),
)

ALL_CASES = (CORRECT_CASE, *ARITHMETIC_CASES, *FAULT_CASES)


def score_without_segmenter(image: np.ndarray, origin: np.ndarray, clean: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures that need no segmenter, (N,) each, of (N, H, W) uint8 images."""
    from sspbench.contract import ScoringBatch
    from sspbench.plugins.metric_families import load_metric_families

    batch = ScoringBatch(image=image, origin=origin, clean=clean)
    families = (family for family in load_metric_families({}).values() if batch.has(family.needs))
    return {name: scores.values for family in families for name, scores in family.score(batch).items()}
