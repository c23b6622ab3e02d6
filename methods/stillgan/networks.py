"""StillGAN's generator, a residual U-Net (Ma et al., TMI 2021); the discriminator is CycleGAN's, from the frame.

Same computation graph and tensor order as the public implementation (``netG=resunet``).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspbench import InstanceNorm2d, list_layer_tensors, list_official_tensors, upsample2x_conv


def _make_conv3x3(in_channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a 1 x 1 convolution, all instance-normalised, summed and rectified."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv_a = _make_conv3x3(in_channels, out_channels)
        self.norm_a = InstanceNorm2d(out_channels)
        self.conv_b = _make_conv3x3(out_channels, out_channels)
        self.norm_b = InstanceNorm2d(out_channels)
        self.shortcut = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)
        self.norm_shortcut = InstanceNorm2d(out_channels)
        self.rectify = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        main = self.rectify(self.norm_a(self.conv_a(x)))
        main = self.norm_b(self.conv_b(main))
        return self.rectify(main + self.norm_shortcut(self.shortcut(x)))

    def official_tensors(self) -> list[Tensor]:
        """Both 3 x 3 convolutions (weight, bias), then the shortcut's weight."""
        return list_layer_tensors(self.conv_a, self.conv_b, self.shortcut)


class UpBlock(nn.Module):
    """Nearest-neighbour doubling, 3 x 3 convolution, instance norm, leaky ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = _make_conv3x3(in_channels, out_channels)
        self.norm = InstanceNorm2d(out_channels)
        self.rectify = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, 2H, 2W)."""
        return self.rectify(self.norm(upsample2x_conv(x, self.conv.weight, self.conv.bias)))

    def official_tensors(self) -> list[Tensor]:
        """Weight and bias of the convolution."""
        return list_layer_tensors(self.conv)


class Generator(nn.Module):
    """The residual U-Net: ``depth`` blocks, a pooling after every one, and no skip from input to output.

    Args:
        in_channels: Image channels, also of the output.
        base: Channels of the first block (64 as published); doubled per level up to 8 times.
        depth: Number of levels (8 as published). Height and width must be multiples of ``2 ** depth``.
    """

    def __init__(self, in_channels: int = 1, base: int = 64, depth: int = 8) -> None:
        super().__init__()
        widths = [base * 2 ** min(level, 3) for level in range(depth)]
        self.depth = depth
        self.down = nn.ModuleList(ResidualBlock(i, o) for i, o in zip([in_channels, *widths], widths, strict=False))
        self.pool = nn.MaxPool2d(2)
        levels = range(depth - 1, -1, -1)
        self.up = nn.ModuleList(UpBlock(widths[min(k + 1, depth - 1)], widths[k]) for k in levels)
        self.merge = nn.ModuleList(ResidualBlock(2 * widths[k], widths[k]) for k in levels)
        self.out = nn.Conv2d(base, in_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) in [-1, 1] to the same shape and range."""
        skips = []
        for block in self.down:
            skip = block(x)
            skips.append(skip)
            x = self.pool(skip)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(torch.cat([skips.pop(), up(x)], dim=1))
        return torch.tanh(self.out(x))

    def official_tensors(self) -> list[Tensor]:
        """E1..E8, then for k = 8..1 the upsampling U_k and the block D_k, then the last convolution: 98 tensors."""
        tensors = [tensor for block in self.down for tensor in list_official_tensors(block)]
        for up, merge in zip(self.up, self.merge, strict=True):
            tensors += list_official_tensors(up) + list_official_tensors(merge)
        return tensors + list_layer_tensors(self.out)
