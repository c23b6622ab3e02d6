"""The 70 x 70 PatchGAN discriminator of pix2pix, CycleGAN, StillGAN and, antialiased, CUT (Isola et al. 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from .layers import InstanceNorm2d, downsample2x
from .official_weights import list_layer_tensors


class PatchGAN(nn.Module):
    """Five 4 x 4 convolutions, instance norm in the middle three, no sigmoid.

    Args:
        in_channels: Image channels.
        base: Channels of the first layer (64 as published).
        antialiased: Halve by blurring after each of the first three convolutions instead of by their stride.
    """

    def __init__(self, in_channels: int = 1, base: int = 64, *, antialiased: bool = False) -> None:
        super().__init__()
        self.antialiased = antialiased
        widths = (base, 2 * base, 4 * base, 8 * base)
        halving = 1 if antialiased else 2
        self.first = nn.Conv2d(in_channels, base, kernel_size=4, stride=halving, padding=1)
        self.middle = nn.ModuleList(
            nn.Conv2d(i, o, kernel_size=4, stride=stride, padding=1)
            for i, o, stride in zip(widths, widths[1:], (halving, halving, 1), strict=False)
        )
        self.norms = nn.ModuleList(InstanceNorm2d(width) for width in widths[1:])
        self.last = nn.Conv2d(8 * base, 1, kernel_size=4, stride=1, padding=1)
        self.rectify = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Judge (N, in_channels, H, W) in [-1, 1]: one score per patch, (N, 1, H // 8 - 2, W // 8 - 2)."""
        x = self._halve_if_antialiased(self.rectify(self.first(x)))
        for index, (conv, norm) in enumerate(zip(self.middle, self.norms, strict=True)):
            x = self.rectify(norm(conv(x)))
            x = self._halve_if_antialiased(x) if index < 2 else x
        scores: Tensor = self.last(x)
        return scores

    def _halve_if_antialiased(self, x: Tensor) -> Tensor:
        return downsample2x(x) if self.antialiased else x

    def official_tensors(self) -> list[Tensor]:
        """Weight and bias of the five convolutions: 10 tensors."""
        return list_layer_tensors(self.first, *self.middle, self.last)
