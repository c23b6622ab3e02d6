"""CS-Net: an encoder-decoder with channel and spatial attention at its bottleneck (Mou et al. 2019).

The computation graph is the one of the public implementation (iMED-Lab/CS-Net); see ``README.md`` for its quirks.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from sspbench import list_layer_tensors, list_official_tensors

# The spatial attention's queries and keys have this many times fewer channels than the bottleneck.
QUERY_REDUCTION = 8


class ResidualEncoder(nn.Module):
    """Two 3x3 convolutions and a 1x1 shortcut; the branch is rectified before *and* after the sum."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv_a = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.bn_a = nn.BatchNorm2d(out_channels)
        self.conv_b = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.bn_b = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        branch = torch.relu(self.bn_a(self.conv_a(x)))
        branch = torch.relu(self.bn_b(self.conv_b(branch)))
        # Out of place: the official in-place sum overwrites a tensor that autograd still needs.
        return torch.relu(branch + self.shortcut(x))

    def official_tensors(self) -> list[Tensor]:
        """Tensors in the public order."""
        return list_layer_tensors(self.conv_a, self.bn_a, self.conv_b, self.bn_b, self.shortcut)


class Decoder(nn.Module):
    """Two 3x3 convolutions with batch norm and ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv_a = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.bn_a = nn.BatchNorm2d(out_channels)
        self.conv_b = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.bn_b = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        x = torch.relu(self.bn_a(self.conv_a(x)))
        return torch.relu(self.bn_b(self.conv_b(x)))

    def official_tensors(self) -> list[Tensor]:
        """Tensors in the public order."""
        return list_layer_tensors(self.conv_a, self.bn_a, self.conv_b, self.bn_b)


class SpatialAttention(nn.Module):
    """Self-attention between positions; queries look along rows (1x3), keys along columns (3x1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(channels // QUERY_REDUCTION, 1)
        self.gamma = nn.Parameter(torch.zeros(1))
        self.query = nn.Conv2d(channels, narrow, (1, 3), padding=(0, 1))
        self.query_bn = nn.BatchNorm2d(narrow)
        self.key = nn.Conv2d(channels, narrow, (3, 1), padding=(1, 0))
        self.key_bn = nn.BatchNorm2d(narrow)
        self.value = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x + gamma * attended`` of the shape of ``x``, (N, C, H, W)."""
        query = torch.relu(self.query_bn(self.query(x))).flatten(2)
        key = torch.relu(self.key_bn(self.key(x))).flatten(2)
        weights = torch.softmax(query.transpose(1, 2) @ key, dim=-1)
        attended = self.value(x).flatten(2) @ weights.transpose(1, 2)
        return self.gamma * attended.view_as(x) + x

    def official_tensors(self) -> list[Tensor]:
        """Tensors in the public order."""
        return [self.gamma, *list_layer_tensors(self.query, self.query_bn, self.key, self.key_bn, self.value)]


class ChannelAttention(nn.Module):
    """Self-attention between channels, without convolutions; unlike channels attend to each other."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x + gamma * attended`` of the shape of ``x``, (N, C, H, W)."""
        flat = x.flatten(2)
        energy = flat @ flat.transpose(1, 2)
        weights = torch.softmax(energy.amax(dim=-1, keepdim=True) - energy, dim=-1)
        return self.gamma * (weights @ flat).view_as(x) + x


class CSNet(nn.Module):
    """The segmentation network; H and W must be divisible by 16.

    Args:
        base: Channels of the first level (32 in the paper), doubled at each of the four poolings.
        in_channels: Input channels (1 for grey).
    """

    official_ignored = ("attention_fuse",)

    def __init__(self, base: int = 32, in_channels: int = 1) -> None:
        super().__init__()
        widths = [base * 2**level for level in range(5)]
        self.encoders = nn.ModuleList(ResidualEncoder(a, b) for a, b in pairwise([in_channels, *widths]))
        self.spatial = SpatialAttention(widths[-1])
        self.channel = ChannelAttention()
        upwards = widths[::-1]
        self.decoders = nn.ModuleList(Decoder(a, b) for a, b in pairwise(upwards))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in pairwise(upwards))
        self.head = nn.Conv2d(base, 1, 1)
        self._init_weights()

    def _init_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.get_parameter("bias"))

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the features of the five levels, finest first; the last is the bottleneck."""
        levels = [self.encoders[0](x)]
        for encoder in self.encoders[1:]:
            levels.append(encoder(torch.max_pool2d(levels[-1], 2)))
        return levels

    def attend(self, bottleneck: Tensor) -> Tensor:
        """Sum of both attentions; each carries its input, so this is ``2 * bottleneck`` at the start."""
        return self.spatial(bottleneck) + self.channel(bottleneck)

    def decode(self, levels: list[Tensor]) -> Tensor:
        """Return the logits from the encoder's levels."""
        x = levels[-1] + self.attend(levels[-1])
        for up, decoder, skip in zip(self.ups, self.decoders, levels[-2::-1], strict=True):
            x = decoder(torch.cat([skip, up(x)], dim=1))
        return self.head(x)

    def logits(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) in [0, 1] to nerve logits (N, 1, H, W)."""
        return self.decode(self.encode(x))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) in [0, 1] to nerve probabilities (N, 1, H, W)."""
        return torch.sigmoid(self.logits(x))

    def official_tensors(self) -> list[Tensor]:
        """Tensors in the order of the public implementation, without its unused 1024-to-512 fusing layer."""
        tensors = [tensor for encoder in self.encoders for tensor in list_official_tensors(encoder)]
        tensors += [*self.spatial.official_tensors(), self.channel.gamma]
        tensors += [tensor for decoder in self.decoders for tensor in list_official_tensors(decoder)]
        return [*tensors, *list_layer_tensors(*self.ups, self.head)]
