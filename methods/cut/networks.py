"""CUT's own networks: a generator that shows its features, and the sampler that describes patches of them.

Same computation graph and tensor order as the public implementation (``resnet_9blocks``, ``mlp_sample``).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sspbench import ResidualGenerator, tensors_of

EPS = 1e-7
"""Added to the length of a patch's description before dividing by it."""


class TappedGenerator(ResidualGenerator):
    """CycleGAN's generator, antialiased, that returns the five feature maps the sampler sees along with the image."""

    def __init__(self, in_channels: int = 1, base: int = 64, blocks: int = 9) -> None:
        super().__init__(in_channels, base, blocks, antialiased=True)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:  # type: ignore[override]
        """Map (N, in_channels, H, W) in [-1, 1] to images of that range, and the taps of the input."""
        taps = self.encode(x)
        return self.decode(taps[-1]), taps


class PatchSampler(nn.Module):
    """One small perceptron per feature map, applied to a few of its positions.

    Args:
        channels: Channels of each map.
        width: Length of a description (256 as published).
    """

    def __init__(self, channels: Sequence[int], width: int = 256) -> None:
        super().__init__()
        self.perceptrons = nn.ModuleList(
            nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width)) for count in channels
        )

    def forward(self, maps: Sequence[Tensor], positions: Sequence[Tensor]) -> list[Tensor]:
        """Describe patches.

        Args:
            maps: (N, C, H, W) each.
            positions: (P,) int64 per map, row * W + column, the same for all images of the batch.

        Returns:
            Per map (N * P, width), of length 1, image by image.
        """
        return [
            _normalised(perceptron(features.flatten(2)[:, :, places].transpose(1, 2).flatten(0, 1)))
            for perceptron, features, places in zip(self.perceptrons, maps, positions, strict=True)
        ]

    def official_tensors(self) -> list[Tensor]:
        """Both linear layers (weight, bias) of each perceptron in order."""
        return tensors_of(*(layer for perceptron in self.perceptrons for layer in perceptron.children()))


def _normalised(rows: Tensor) -> Tensor:
    # its gradient at 0 is 0: a square root's is not finite, and all units of a narrow perceptron can be off at a pixel
    return rows / (torch.linalg.vector_norm(rows, dim=1, keepdim=True) + EPS)


def draw_positions(maps: Sequence[Tensor], count: int, random: torch.Generator) -> list[Tensor]:
    """Draw up to ``count`` different positions of each (N, C, H, W) map; (P,) int64 per map, on its device."""
    drawn = (torch.randperm(features.shape[-2] * features.shape[-1], generator=random)[:count] for features in maps)
    return [places.to(features.device) for places, features in zip(drawn, maps, strict=True)]
