"""EnlightenGAN's networks: the attention-guided U-Net and its plain patch discriminators (Jiang et al., TIP 2021).

Same computation graph and tensor order as the public implementation (``sid_unet_resize``, ``no_norm_4``) with the flags
of its released model.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from sspbench import LUMA_WEIGHTS, list_layer_tensors, list_official_tensors

# Four poolings: height and width are padded to multiples of this.
SIZE_MULTIPLE_PX = 16


def attention_map(images: Tensor) -> Tensor:
    """Return 1 - grey value of (N, 3, H, W) RGB in [-1, 1]: (N, 1, H, W) in [0, 1], near 1 in the dark."""
    red, green, blue = (images + 1).unbind(dim=1)
    return (1 - (LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue) / 2).unsqueeze(1)


class ConvBlock(nn.Module):
    """3 x 3 convolution, leaky ReLU, then batch norm: the norm comes after the activation."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        return self.norm(functional.leaky_relu(self.conv(x), 0.2))

    def official_tensors(self) -> list[Tensor]:
        """Convolution (weight, bias), then batch norm (weight, bias, running mean, running variance)."""
        return list_layer_tensors(self.conv, self.norm)


class UpBlock(nn.Module):
    """One decoder level: enlarge, convolve, join the attended skip, convolve twice.

    Args:
        in_channels: Channels that come from below; half of them go out.
        align_corners: Grid of the bilinear enlargement; see :class:`Generator`.
        last: The uppermost level, whose second convolution has no norm.
    """

    def __init__(self, in_channels: int, *, align_corners: bool, last: bool = False) -> None:
        super().__init__()
        out_channels = in_channels // 2
        self.align_corners = align_corners
        self.up = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        self.first = ConvBlock(in_channels, out_channels)
        norm_free = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1) if last else None
        self.second = norm_free or ConvBlock(out_channels, out_channels)
        self.last = last

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) and the skip (N, in_channels / 2, 2H, 2W) to (N, in_channels / 2, 2H, 2W)."""
        x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=self.align_corners)
        x = self.second(self.first(torch.cat([self.up(x), skip], dim=1)))
        return functional.leaky_relu(x, 0.2) if self.last else x

    def official_tensors(self) -> list[Tensor]:
        """Convolution after the enlargement, then both blocks."""
        second = list_layer_tensors(self.second) if self.last else list_official_tensors(self.second)
        return list_layer_tensors(self.up) + self.first.official_tensors() + second


class Generator(nn.Module):
    """The U-Net that predicts a residual, guided by the attention map; its output is not clamped.

    Args:
        base: Channels of the first level (32 as published), doubled on each of the four poolings.
        align_corners: Grid of the bilinear enlargements. The public code leaves it to torch: True up to 0.3, with
            which the released weights were trained, False since 0.4.
    """

    def __init__(self, base: int = 32, *, align_corners: bool = False) -> None:
        super().__init__()
        widths = [base * 2**level for level in range(5)]
        self.down = nn.ModuleList(
            nn.Sequential(ConvBlock(i, o), ConvBlock(o, o)) for i, o in zip([4, *widths], widths, strict=False)
        )
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(
            UpBlock(width, align_corners=align_corners, last=width == 2 * base) for width in reversed(widths[1:])
        )
        self.out = nn.Conv2d(base, 3, kernel_size=1)

    def forward(self, x: Tensor, attention: Tensor) -> tuple[Tensor, Tensor]:
        """Return the enhanced images, not clamped, and the residual that was added; any size.

        ``x`` is (N, 3, H, W) RGB in [-1, 1], ``attention`` is (N, 1, H, W), see :func:`attention_map`.
        """
        height, width = x.shape[-2:]
        rows, columns = -height % SIZE_MULTIPLE_PX, -width % SIZE_MULTIPLE_PX
        left, top = columns // 2, rows // 2
        padding = (left, columns - left, top, rows - top)
        if rows or columns:
            mode = "reflect" if min(height, width) > SIZE_MULTIPLE_PX // 2 else "replicate"  # too small to be mirrored
            x, attention = (functional.pad(image, padding, mode=mode) for image in (x, attention))
        residual = self._predict_residual(x, attention)
        enhanced = x + residual
        window = (..., slice(top, top + height), slice(left, left + width))
        return enhanced[window], residual[window]

    def _predict_residual(self, x: Tensor, attention: Tensor) -> Tensor:
        skips: list[Tensor] = []
        guide, features = attention, torch.cat([x, attention], dim=1)
        for block in self.down[:-1]:
            features = block(features)
            skips.append(features * guide)
            features, guide = self.pool(features), self.pool(guide)
        enter, leave = self.down[-1].children()
        features = leave(enter(features) * guide)
        for up in self.up:
            features = up(features, skips.pop())
        return self.out(features) * attention

    def official_tensors(self) -> list[Tensor]:
        """enc1..enc4, mid, dec4..dec1, out, in the order of computation: 114 tensors."""
        blocks = [block for level in self.down for block in level.children()]
        tensors = [tensor for block in [*blocks, *self.up] for tensor in list_official_tensors(block)]
        return tensors + list_layer_tensors(self.out)


class Discriminator(nn.Module):
    """A plain patch discriminator: no norm, no sigmoid, padding 2.

    Args:
        layers: Number of convolutions with stride 2 (5 for the global one, 4 for patches).
        base: Channels of the first layer (64 as published), doubled up to 8 times.
    """

    def __init__(self, layers: int, base: int = 64) -> None:
        super().__init__()
        widths = [base * min(2**level, 8) for level in range(layers)]
        strided = [nn.Conv2d(i, o, 4, stride=2, padding=2) for i, o in zip([3, *widths], widths, strict=False)]
        plain = nn.Conv2d(widths[-1], base * min(2**layers, 8), 4, stride=1, padding=2)
        self.hidden = nn.ModuleList([*strided, plain])
        self.last = nn.Conv2d(plain.out_channels, 1, 4, stride=1, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        """Judge (N, 3, H, W) in [-1, 1]: one score a patch, (N, 1, h, w)."""
        for conv in self.hidden:
            x = functional.leaky_relu(conv(x), 0.2)
        return self.last(x)

    def official_tensors(self) -> list[Tensor]:
        """Weight and bias of every convolution: 14 (global) or 12 (patch) tensors."""
        return list_layer_tensors(*self.hidden, self.last)


def init_weights(network: nn.Module) -> None:
    """Draw convolution weights from N(0, 0.02) and norm weights from N(1, 0.02), as the public code does.

    Convolution biases keep torch's default U(-b, b) with b = 1 / sqrt(fan_in); norm biases are cleared.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            bound = 1 / math.sqrt(layer.weight[0].numel())
            if layer.bias is not None:
                nn.init.uniform_(layer.bias, -bound, bound)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
            nn.init.zeros_(layer.bias)
