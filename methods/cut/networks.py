"""CUT's own network: CycleGAN's generator, antialiased, that shows its features.

Same computation graph and tensor order as the public implementation (``resnet_9blocks``).
"""

from __future__ import annotations

from torch import Tensor

from sspbench import ResidualGenerator


class TappedGenerator(ResidualGenerator):
    """CycleGAN's generator, antialiased, that returns the five feature maps the sampler sees along with the image."""

    def __init__(self, in_channels: int = 1, base: int = 64, blocks: int = 9) -> None:
        super().__init__(in_channels, base, blocks, antialiased=True)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:  # type: ignore[override]
        """Map (N, in_channels, H, W) in [-1, 1] to images of that range, and the taps of the input."""
        taps = self.encode(x)
        return self.decode(taps[-1]), taps
