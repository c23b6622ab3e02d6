"""W-Net: two small U-Nets in a row, the second of which corrects the first (Galdran et al. 2020).

The names of the tensors are those of the public implementation, so that its weights load by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class ConvolutionBlock(nn.Module):
    """Two 3x3 convolutions, each followed by ReLU and batch norm, plus a 1x1 shortcut; nothing follows the sum."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))
        self.block = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(out_channels),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        return self.block(x) + self.shortcut(x)


class Bridge(nn.Module):
    """A 3x3 convolution, ReLU and batch norm on a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels, H, W) to the same shape."""
        return self.block(x)


class Doubling(nn.Module):
    """A transposed convolution that doubles height and width."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, 2 H, 2 W)."""
        return self.block(x)


class UpwardBlock(nn.Module):
    """Double the coarse features, put the bridged skip connection beside them, and convolve."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv_bridge_layer = Bridge(out_channels)
        self.up_layer = Doubling(in_channels, out_channels)
        self.conv_layer = ConvolutionBlock(2 * out_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) and the skip (N, out_channels, 2 H, 2 W) to the shape of the skip."""
        return self.conv_layer(torch.cat([self.up_layer(x), self.conv_bridge_layer(skip)], dim=1))


class SmallUNet(nn.Module):
    """A U-Net of three levels; ``widths`` are their channels, finest first."""

    def __init__(self, in_channels: int, widths: Sequence[int] = (8, 16, 32)) -> None:
        super().__init__()
        self.first = ConvolutionBlock(in_channels, widths[0])
        self.down_path = nn.ModuleList(ConvolutionBlock(a, b) for a, b in pairwise(widths))
        self.up_path = nn.ModuleList(UpwardBlock(a, b) for a, b in pairwise(widths[::-1]))
        self.final = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to logits (N, 1, H, W); H and W must be divisible by 4."""
        levels = [self.first(x)]
        for block in self.down_path:
            levels.append(block(torch.max_pool2d(levels[-1], 2)))
        x = levels[-1]
        for block, skip in zip(self.up_path, levels[-2::-1], strict=True):
            x = block(x, skip)
        return self.final(x)
