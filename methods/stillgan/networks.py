"""StillGAN's networks: the residual U-Net generator and the 70 x 70 patch discriminator (Ma et al., TMI 2021).

Same computation graph and tensor order as the public implementation (``netG=resunet``, ``netD=basic``).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspbench import InstanceNorm2d, tensors_of


def _conv3(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a 1 x 1 convolution, all instance-normalised, summed and rectified."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_a = _conv3(inputs, outputs)
        self.norm_a = InstanceNorm2d(outputs)
        self.conv_b = _conv3(outputs, outputs)
        self.norm_b = InstanceNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, kernel_size=1, bias=False)
        self.norm_shortcut = InstanceNorm2d(outputs)
        self.rectify = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W)."""
        main = self.rectify(self.norm_a(self.conv_a(x)))
        main = self.norm_b(self.conv_b(main))
        return self.rectify(main + self.norm_shortcut(self.shortcut(x)))

    def official_tensors(self) -> list[Tensor]:
        """Both 3 x 3 convolutions (weight, bias), then the shortcut's weight."""
        return tensors_of(self.conv_a, self.conv_b, self.shortcut)


class Up(nn.Module):
    """Nearest-neighbour doubling, 3 x 3 convolution, instance norm, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.conv = _conv3(inputs, outputs)
        self.norm = InstanceNorm2d(outputs)
        self.rectify = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, 2H, 2W)."""
        return self.rectify(self.norm(self.conv(self.enlarge(x))))


class Generator(nn.Module):
    """The residual U-Net: ``depth`` blocks, a pooling after every one, and no skip from input to output.

    Args:
        channels: Image channels.
        base: Channels of the first block (64 as published); doubled per level up to 8 times.
        depth: Number of levels (8 as published). Height and width must be multiples of ``2 ** depth``.
    """

    def __init__(self, channels: int = 1, base: int = 64, depth: int = 8) -> None:
        super().__init__()
        widths = [base * 2 ** min(level, 3) for level in range(depth)]
        self.depth = depth
        self.down = nn.ModuleList(ResidualBlock(i, o) for i, o in zip([channels, *widths], widths, strict=False))
        self.pool = nn.MaxPool2d(2)
        levels = range(depth - 1, -1, -1)
        self.up = nn.ModuleList(Up(widths[min(k + 1, depth - 1)], widths[k]) for k in levels)
        self.merge = nn.ModuleList(ResidualBlock(2 * widths[k], widths[k]) for k in levels)
        self.out = nn.Conv2d(base, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels, H, W) in [-1, 1] to the same shape and range."""
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
        tensors = [tensor for block in self.down for tensor in block.official_tensors()]
        for up, merge in zip(self.up, self.merge, strict=True):
            tensors += tensors_of(up.conv) + merge.official_tensors()
        return tensors + tensors_of(self.out)


class Discriminator(nn.Module):
    """PatchGAN with a receptive field of 70 x 70, instance norm in the middle layers and no sigmoid.

    Args:
        channels: Image channels.
        base: Channels of the first layer (64 as published).
    """

    def __init__(self, channels: int = 1, base: int = 64) -> None:
        super().__init__()
        widths = (base, 2 * base, 4 * base, 8 * base)
        self.first = nn.Conv2d(channels, base, kernel_size=4, stride=2, padding=1)
        self.middle = nn.ModuleList(
            nn.Conv2d(i, o, kernel_size=4, stride=stride, padding=1)
            for i, o, stride in zip(widths, widths[1:], (2, 2, 1), strict=False)
        )
        self.norms = nn.ModuleList(InstanceNorm2d(width) for width in widths[1:])
        self.last = nn.Conv2d(8 * base, 1, kernel_size=4, stride=1, padding=1)
        self.rectify = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Judge (N, channels, H, W) in [-1, 1]: one score a patch, (N, 1, H/8 - 2, W/8 - 2)."""
        x = self.rectify(self.first(x))
        for conv, norm in zip(self.middle, self.norms, strict=True):
            x = self.rectify(norm(conv(x)))
        return self.last(x)

    def official_tensors(self) -> list[Tensor]:
        """Weight and bias of the five convolutions: 10 tensors."""
        return tensors_of(self.first, *self.middle, self.last)


def initialise(network: nn.Module) -> None:
    """Draw all convolution weights from N(0, 0.02) and clear all biases, as the public code does."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
