"""MSG-Net's generator: an encoder shared by content and style, and a layer that matches their statistics.

The computation graph is the one of the public implementation (Zhang & Dana, PyTorch-Multi-Style-Transfer).
Pictures are (N, 3, H, W), BGR, 0..255, neither centred nor scaled; the output is linear.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sspbench import InstanceNorm2d, list_layer_tensors

# A bottleneck of ``planes`` channels gives ``4 planes``.
EXPANSION = 4
# CoMatch weights start uniform in 0..0.02.
MAX_COMATCH_INIT = 0.02


def gram(features: Tensor) -> Tensor:
    """Return the Gram matrices (N, C, C) of (N, C, H, W) features, divided by C H W.

    >>> gram(torch.ones(1, 2, 3, 5)).tolist()
    [[[0.5, 0.5], [0.5, 0.5]]]
    """
    _, channels, height, width = features.shape
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / (channels * height * width)


class ReflectConv(nn.Sequential):
    """A convolution on an input mirrored at its border, after nearest-neighbour upsampling if asked for.

    A convolution of one pixel goes first: the same values, and nothing is computed as often as it is repeated.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, upsample: int = 1) -> None:
        super().__init__()
        if upsample > 1 and kernel > 1:
            self.upsample = nn.Upsample(scale_factor=upsample)
        if kernel > 1:
            self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride)
        if upsample > 1 and kernel == 1:
            self.upsample = nn.Upsample(scale_factor=upsample)


def make_norm_layers(channels: int) -> list[nn.Module]:
    """Instance norm without parameters, then ReLU."""
    return [InstanceNorm2d(channels), nn.ReLU()]


class Bottleneck(nn.Module):
    """A pre-activation residual block: 1x1, 3x3 and 1x1, each after instance norm and ReLU; a raw shortcut.

    Args:
        in_channels: Input channels.
        planes: Channels inside; the output has four times as many.
        stride: Stride of the 3x3 convolution and of the shortcut.
        upsample: Factor of nearest-neighbour upsampling before the 3x3 convolution and in the shortcut.
    """

    def __init__(self, in_channels: int, planes: int, *, stride: int = 1, upsample: int = 1) -> None:
        super().__init__()
        out_channels = EXPANSION * planes
        changes = stride > 1 or upsample > 1
        self.shortcut = ReflectConv(in_channels, out_channels, 1, stride, upsample) if changes else nn.Identity()
        self.branch = nn.Sequential(
            *make_norm_layers(in_channels),
            ReflectConv(in_channels, planes, 1),
            *make_norm_layers(planes),
            ReflectConv(planes, planes, 3, stride, upsample),
            *make_norm_layers(planes),
            ReflectConv(planes, out_channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, 4 planes, H', W')."""
        return self.shortcut(x) + self.branch(x)


class CoMatch(nn.Module):
    """Bring features to a target Gram matrix G: ``Y = (W G)^T X``, linear in G."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, channels, channels).uniform_(0, MAX_COMATCH_INIT))

    def forward(self, features: Tensor, target: Tensor) -> Tensor:
        """Map (N, C, H, W) features with a target (1, C, C) or (N, C, C) to the same shape."""
        matrix = (self.weight @ target).transpose(1, 2)
        return (matrix @ features.flatten(2)).view_as(features)

    def official_tensors(self) -> list[Tensor]:
        """The one matrix."""
        return [self.weight]


class MSGNet(nn.Module):
    """The generator; H and W should be divisible by 4, else the output is a little larger.

    Args:
        ngf: Width of the inner bottlenecks (128 in the paper); features and Gram matrices have ``4 ngf`` channels.
        stem: Channels of the first and last stage (64 in the paper); the stages next to them follow.
        blocks: Residual blocks between CoMatch and the upsampling.
    """

    # The public module registers its encoder and CoMatch layer twice; running statistics come from old versions.
    official_ignored = ("model.0.", "model.1.", "running_mean", "running_var")

    def __init__(self, ngf: int = 128, stem: int = 64, blocks: int = 6) -> None:
        super().__init__()
        features = EXPANSION * ngf
        self.encoder = nn.Sequential(
            ReflectConv(3, stem, 7),
            *make_norm_layers(stem),
            Bottleneck(stem, stem // 2, stride=2),
            Bottleneck(2 * stem, ngf, stride=2),
        )
        self.comatch = CoMatch(features)
        self.decoder = nn.Sequential(
            *(Bottleneck(features, ngf) for _ in range(blocks)),
            Bottleneck(features, stem // 2, upsample=2),
            Bottleneck(2 * stem, stem // 4, upsample=2),
            *make_norm_layers(stem),
            ReflectConv(stem, 3, 7),
        )

    @torch.no_grad()
    def init_output_head(self, level: float | Sequence[float], gain: float) -> None:
        """Let the untrained head paint around ``level``, ``gain`` times stronger than by default.

        The level is grey, or blue, green and red, 0..255. The head's default start gives values around 0 +- 0.3;
        reaching pictures of 0..255 takes a constant rate of 1e-3 thousands of updates, which short runs do not have.
        """
        weight, bias = list_layer_tensors(*self.decoder[-1].children())
        weight.mul_(gain)
        bias.copy_(torch.as_tensor(level))

    def style_gram(self, style: Tensor) -> Tensor:
        """Return the target (N, C, C) that style pictures (N, 3, H, W) set."""
        return gram(self.encoder(style))

    def forward(self, content: Tensor, target: Tensor) -> Tensor:
        """Render content pictures (N, 3, H, W) with the target Gram matrix (1 or N, C, C)."""
        return self.decoder(self.comatch(self.encoder(content), target))

    def official_tensors(self) -> list[Tensor]:
        """Tensors in the order of the public implementation: weight, bias by layer, shortcuts before their branch."""
        convs = [
            [part for part in half.modules() if isinstance(part, nn.Conv2d)] for half in (self.encoder, self.decoder)
        ]
        return [*list_layer_tensors(*convs[0]), self.comatch.weight, *list_layer_tensors(*convs[1])]
