"""SCR-Net: learns restoration on good images that it degrades, from their high frequencies (Li et al., MICCAI 2022)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from sspbench import TrainableMethod, constant_then_linear, init_normal

from .degradation import degrade
from .frequency import high_frequency
from .losses import restoration_losses
from .networks import Generator


class SCRNet(TrainableMethod):
    """One generator, taught by pairs that it makes of high-quality images; it never sees a low-quality one."""

    @property
    def learns_from(self) -> tuple[Literal["low", "high"], ...]:
        """High-quality images alone."""
        return ("high",)

    def build(self) -> None:
        """Create the generator and its optimiser."""
        params = self.params
        self.generator = Generator(1, max(round(64 * params["width"]), 1), params["depth"])
        init_normal(self.generator)
        self.add_network("generator", self.generator, keep=True)
        parameters, betas = self.generator.parameters(), tuple(params["betas"])
        constant, decay = params["schedule"]["constant"], params["schedule"]["decay"]
        rate = constant_then_linear(params["lr"], constant - 1, decay + 1, constant + decay, self.total_steps)
        self.add_optimizer("generator", torch.optim.Adam, parameters, rate, betas=betas)
        self.multiple = 2 ** params["depth"]

    def training_step(self, high: Tensor) -> dict[str, Tensor]:
        """Degrade good images, restore them and descend on the distance to what they were."""
        clear = 2 * high - 1
        spoilt = 2 * degrade(high, self.params["degradation"], self.random) - 1
        detail, image = self.generator(high_frequency(spoilt))
        losses = restoration_losses(detail, image, clear)
        weights = self.params["weights"]
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        self.descend(total, "generator")
        return {**losses, "total": total}

    def translate(self, images: Tensor) -> Tensor:
        """Draw the image that belongs to the high-frequency part of the given one, at the native size."""
        image: Tensor = self.generator(high_frequency(2 * images - 1))[1]
        return (image + 1) / 2
