"""The residual generator of CycleGAN and, antialiased and with feature taps, of CUT (Johnson et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .layers import downsample2x, instance_norm, upsample2x
from .official_weights import list_layer_tensors

# Residual blocks (1-based) whose outputs are taps; the encoder ends with the last of them.
TAPPED_BLOCKS = (1, 5)


def _normalise_and_rectify(x: Tensor) -> Tensor:
    return functional.relu(instance_norm(x), inplace=True)


def _pad_mirrored(x: Tensor, margin: int) -> Tensor:
    return functional.pad(x, (margin,) * 4, mode="reflect")


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions on mirrored borders, instance-normalised, added to the input; not rectified after that."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_a = nn.Conv2d(channels, channels, 3)
        self.conv_b = nn.Conv2d(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels, H, W) to the same shape."""
        inner = _normalise_and_rectify(self.conv_a(_pad_mirrored(x, 1)))
        return x + instance_norm(self.conv_b(_pad_mirrored(inner, 1)))


class ResidualGenerator(nn.Module):
    """Two halvings, residual blocks, two doublings; no skip from input to output.

    Any H, W >= 8 runs; the output has the next multiples of 4.

    Args:
        in_channels: Image channels, also of the output.
        base: Channels of the first layer (64 as published).
        blocks: Residual blocks (9 as published), 5 or more.
        antialiased: Halve by blurring and double bilinearly, with plain convolutions, instead of by strided ones.

    Raises:
        ValueError: there are fewer blocks than the encoder has.
    """

    official_ignored = ("running_mean", "running_var", ".filt")

    def __init__(self, in_channels: int = 1, base: int = 64, blocks: int = 9, *, antialiased: bool = False) -> None:
        super().__init__()
        if blocks < TAPPED_BLOCKS[-1]:
            raise ValueError(f"the generator needs {TAPPED_BLOCKS[-1]} blocks or more, not {blocks}")
        self.antialiased = antialiased
        self.stem = nn.Conv2d(in_channels, base, 7)
        stride = 1 if antialiased else 2
        self.down = nn.ModuleList(nn.Conv2d(n * base, 2 * n * base, 3, stride, padding=1) for n in (1, 2))
        self.blocks = nn.ModuleList(ResidualBlock(4 * base) for _ in range(blocks))
        self.up = nn.ModuleList(self._make_upsampling(n * base) for n in (4, 2))
        self.out = nn.Conv2d(base, in_channels, 7)
        self.tap_channels = (in_channels, 2 * base, 4 * base, 4 * base, 4 * base)

    def _make_upsampling(self, channels: int) -> nn.Module:
        if self.antialiased:
            return nn.Conv2d(channels, channels // 2, 3, padding=1)
        return nn.ConvTranspose2d(channels, channels // 2, 3, stride=2, padding=1, output_padding=1)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the taps of (N, in_channels, H, W), ``tap_channels`` wide; the last leads on to :meth:`decode`.

        They are the mirrored image, the outputs of both halving convolutions before their norm, and the outputs of
        the blocks ``TAPPED_BLOCKS``.
        """
        x = _pad_mirrored(x, 3)
        taps = [x]
        x = _normalise_and_rectify(self.stem(x))
        for conv in self.down:
            taps.append(conv(x))
            x = _normalise_and_rectify(taps[-1])
            x = downsample2x(x) if self.antialiased else x
        for number, block in enumerate(self.blocks[: TAPPED_BLOCKS[-1]], 1):
            x = block(x)
            if number in TAPPED_BLOCKS:
                taps.append(x)
        return taps

    def decode(self, x: Tensor) -> Tensor:
        """Map the encoder's last features to images in [-1, 1]."""
        for block in self.blocks[TAPPED_BLOCKS[-1] :]:
            x = block(x)
        for conv in self.up:
            x = _normalise_and_rectify(conv(upsample2x(x) if self.antialiased else x))
        return torch.tanh(self.out(_pad_mirrored(x, 3)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) in [-1, 1] to the same range; H and W rounded up to multiples of 4."""
        return self.decode(self.encode(x)[-1])

    def official_tensors(self) -> list[Tensor]:
        """Stem, both halvings, both convolutions of every block, both doublings, last convolution: 48 tensors."""
        blocks = [conv for block in self.blocks for conv in block.children()]
        return list_layer_tensors(self.stem, *self.down, *blocks, *self.up, self.out)
