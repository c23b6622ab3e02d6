"""SCR-Net: learns restoration on good images that it degrades, from their high frequencies (Li et al., MICCAI 2022)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from sspbench import TrainableMethod, constant_then_linear, find_views, init_normal

from .cataract import add_cataract
from .degradation import degrade
from .frequency import high_frequency, mask_outside_view
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
        self.generator = Generator(self.channels, max(round(64 * params["width"]), 1), params["depth"])
        init_normal(self.generator)
        self.add_network("generator", self.generator, keep=True)
        parameters, betas = self.generator.parameters(), tuple(params["betas"])
        constant, decay = params["schedule"]["constant"], params["schedule"]["decay"]
        rate = constant_then_linear(params["lr"], constant - 1, decay + 1, constant + decay, self.total_steps)
        self.add_optimizer("generator", torch.optim.Adam, parameters, rate, betas=betas)
        self.multiple = 2 ** params["depth"]

    def training_step(self, high: Tensor) -> dict[str, Tensor]:
        """Degrade good images, restore them and descend on the distance to what they were."""
        view = self._find_view(high)
        if view is None:
            spoilt = degrade(high, self.params["degradation"], self.random)
        else:
            spoilt = add_cataract(high, view, self.random)
        detail, image = self.generator(high_frequency(2 * spoilt - 1, view))
        losses = restoration_losses(detail, image, 2 * high - 1, view)
        weights = self.params["weights"]
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        self.descend(total, "generator")
        return {**losses, "total": total}

    def translate(self, images: Tensor) -> Tensor:
        """Draw the image that belongs to the high-frequency part of the given one, at the native size."""
        view = self._find_view(images)
        image: Tensor = self.generator(high_frequency(2 * images - 1, view))[1]
        return (mask_outside_view(image, view) + 1) / 2

    def _find_view(self, images: Tensor) -> Tensor | None:
        """Return the field of view of colour photographs; grey images, confocal ones, fill their frame."""
        return find_views(images) if self.channels == 3 else None
