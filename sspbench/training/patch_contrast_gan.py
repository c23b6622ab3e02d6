"""One-way unpaired translation by patchwise contrast (Park et al., ECCV 2020): what CUT and its descendants share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .losses.patch_contrast import draw_patch_positions, patch_contrast_loss
from .networks.initialisers import init_xavier
from .schedules import constant_then_linear
from .trainable import TrainableMethod


class PatchContrastGAN(TrainableMethod):
    """Networks with an optimiser each, one of them the patch sampler, and the contrast of outputs with their inputs.

    ``params`` have ``lr``, ``betas``, ``schedule: {constant, decay}`` and ``patches``.
    """

    multiple = 8  # 4 as published; 8 leaves instance norm more than one position in images of a few pixels

    def add_trained_network(self, name: str, network: nn.Module, *, keep: bool = False) -> None:
        """Register a network, started as published, and its Adam; ``keep`` those that inference needs."""
        init_xavier(network)
        self.add_network(name, network, keep=keep)
        constant, decay = self.params["schedule"]["constant"], self.params["schedule"]["decay"]
        rate = constant_then_linear(self.params["lr"], constant, decay + 1, constant + decay, self.total_steps)
        betas = tuple(self.params["betas"])
        self.add_optimizer(name, torch.optim.Adam, network.parameters(), rate, betas=betas)

    def contrast_loss(self, queries: Sequence[Tensor], keys: Sequence[Tensor], count: int) -> Tensor:
        """Return the contrast of ``count`` outputs with their inputs, by the network ``sampler``.

        Args:
            queries: Feature maps of the outputs, (N, C, H, W) each.
            keys: Those of the inputs.
            count: Number of images.
        """
        return patch_contrast_loss(self.networks["sampler"], queries, keys, self.draw_positions(queries), count)

    def draw_positions(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Draw the places of each map at which patches are compared."""
        return draw_patch_positions(maps, self.params["patches"], self.random)
