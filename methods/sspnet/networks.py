"""SSP-Net's networks: a U-Net-like generator with a ResNet50 encoder, and a shallow PatchGAN.

Layout and widths: section 3.2 of the paper, completed where the text is silent (README.md, A10-A16). At full width the
generator has 40,756,746 parameters and the discriminator 134,337.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sspbench import InstanceNorm2d, init_normal

# Bottlenecks in the four stages of ResNet50 (He et al. 2016).
STAGE_BLOCKS = (3, 4, 6, 3)
STAGE_PLANES = (64, 128, 256, 512)
DECODER_CHANNELS = (512, 256, 128, 64)
BOTTLENECK_EXPANSION = 4


def make_norm_layer(kind: str, channels: int) -> nn.Module:
    """Return batch or instance normalisation, both with scale and shift."""
    return nn.BatchNorm2d(channels) if kind == "batch" else InstanceNorm2d(channels, affine=True)


def scale_channels(channels: int, width: float) -> int:
    """Return a channel number under the width multiplier, at least 4 and a multiple of 4."""
    return max(4, int(channels * width) // 4 * 4)


class ConvUnit(nn.Sequential):
    """Convolution without bias, normalisation, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int, norm: str) -> None:
        convolution = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=False)
        super().__init__(convolution, make_norm_layer(norm, out_channels), nn.ReLU(inplace=True))


class Bottleneck(nn.Module):
    """ResNet50's block, the stride in its 3x3 convolution: 1x1, 3x3, 1x1 and a shortcut."""

    def __init__(self, in_channels: int, planes: int, stride: int, norm: str) -> None:
        super().__init__()
        out_channels = planes * BOTTLENECK_EXPANSION
        self.branch = nn.Sequential(
            *ConvUnit(in_channels, planes, 1, 1, norm),
            *ConvUnit(planes, planes, 3, stride, norm),
            nn.Conv2d(planes, out_channels, 1, bias=False),
            make_norm_layer(norm, out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            convolution = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(convolution, make_norm_layer(norm, out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, 4 * planes, H / stride, W / stride)."""
        return functional.relu(self.branch(x) + self.shortcut(x))


class Generator(nn.Module):
    """Map images in [-1, 1] to enhanced ones in [-1, 1]; H and W are multiples of 32.

    Args:
        width: Multiplier of all channel numbers.
        norm: ``batch`` or ``instance``.
        input_skip: Give the image itself to the last layer; else nothing finer than half resolution reaches it.
        upsampling: ``bilinear`` or ``nearest``.
        in_channels: Image channels, also of the output.
    """

    def __init__(
        self,
        width: float = 1.0,
        norm: str = "batch",
        input_skip: bool = True,
        upsampling: str = "bilinear",
        in_channels: int = 1,
    ) -> None:
        super().__init__()
        self.input_skip, self.upsampling = input_skip, upsampling
        stem = scale_channels(64, width)
        self.stem = ConvUnit(in_channels, stem, 7, 2, norm)
        self.pool = ConvUnit(stem, stem, 3, 2, norm)  # in place of ResNet50's max-pooling
        stages, channels = [], [stem]
        given = stem
        for index, (planes, blocks) in enumerate(zip(STAGE_PLANES, STAGE_BLOCKS, strict=True)):
            planes_here = scale_channels(planes, width)
            stride = 1 if index == 0 else 2
            layers = [Bottleneck(given, planes_here, stride, norm)]
            given = planes_here * BOTTLENECK_EXPANSION
            layers += [Bottleneck(given, planes_here, 1, norm) for _ in range(blocks - 1)]
            stages.append(nn.Sequential(*layers))
            channels.append(given)
        self.stages = nn.ModuleList(stages)
        skips = channels[-2::-1]
        decoder = []
        for out, skip in zip(DECODER_CHANNELS, skips, strict=True):
            decoder.append(ConvUnit(given + skip, scale_channels(out, width), 3, 1, norm))
            given = scale_channels(out, width)
        self.decoder = nn.ModuleList(decoder)
        self.out = nn.Conv2d(given + in_channels * input_skip, in_channels, 3, padding=1)
        _init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to the same shape."""
        features = [self.stem(x)]
        h = self.pool(features[0])
        for stage in self.stages:
            h = stage(h)
            features.append(h)
        for unit, skip in zip(self.decoder, features[-2::-1], strict=True):
            h = unit(torch.cat([self._upsample2x(h), skip], 1))
        h = self._upsample2x(h)
        return torch.tanh(self.out(torch.cat([h, x], 1) if self.input_skip else h))

    def _upsample2x(self, x: Tensor) -> Tensor:
        if self.upsampling == "nearest":
            return functional.interpolate(x, scale_factor=2.0)
        return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)

    @torch.no_grad()
    def start_at_identity(self, gain: float) -> None:
        """Make the output ``tanh(gain * input)`` plus little: a short, narrow run then starts from the image.

        Needs ``input_skip``. Not in the paper; for demonstration scale only.
        """
        nn.init.normal_(self.out.weight, 0.0, 0.02)
        nn.init.zeros_(self.out.get_parameter("bias"))
        for channel in range(1, self.out.out_channels + 1):  # the image's channels are the last inputs, in its order
            self.out.weight[:, -channel] = 0.0
            self.out.weight[-channel, -channel, 1, 1] = gain


def _init_weights(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


class Discriminator(nn.Sequential):
    """PatchGAN of three 4x4 convolutions, weights from N(0, 0.02); logits, receptive field 22 pixels.

    Args:
        in_channels: Image channels, twice as many where it sees output and input together.
        base: Channels of the first layer; the second has twice as many.
    """

    def __init__(self, in_channels: int = 1, base: int = 64) -> None:
        super().__init__(
            nn.Conv2d(in_channels, base, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(base, 2 * base, 4, 2, 1),
            InstanceNorm2d(2 * base),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * base, 1, 4, 1, 1),
        )
        init_normal(self)
