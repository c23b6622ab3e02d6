"""OTE-GAN's networks: an attentive encoder-decoder without norm, a critic of whole images (Zhu et al., ISBI 2023)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from sspbench import list_layer_tensors

# Channels of the critic's convolutions, in units of its first one's.
CRITIC_WIDTHS = (1, 2, 2, 4, 4, 8, 8)
# Features between the critic's two linear layers.
CRITIC_HIDDEN_FEATURES = 64


class AttentionBlock(nn.Module):
    """Two 3 x 3 convolutions, weighted channel by channel, added to the input.

    Args:
        channels: Channels in and out.
        reach: Neighbouring channels that the weight of a channel depends on, itself included; odd.
    """

    def __init__(self, channels: int, reach: int) -> None:
        super().__init__()
        self.attend = nn.Conv1d(1, 1, reach, padding=reach // 2)
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x: Tensor, rectify: nn.Module) -> Tensor:
        """Map (N, channels, H, W) to the same shape; ``rectify`` stands between the convolutions."""
        inner: Tensor = self.second(rectify(self.first(x)))
        weights = torch.sigmoid(self.attend(inner.mean(dim=(2, 3))[:, None]))
        return x + inner * weights[:, 0, :, None, None]


class Generator(nn.Module):
    """Three levels of attention blocks; adds a residual to the image and cuts the sum to [0, 1].

    Args:
        in_channels: Image channels (3 as published).
        base: Channels of the first level (80 as published).
        growth: Channels that each further level has more (48 as published).
    """

    def __init__(self, in_channels: int = 3, base: int = 80, growth: int = 48) -> None:
        super().__init__()
        widths = [base + level * growth for level in range(3)]
        self.rectify = nn.PReLU()  # one slope, shared by all blocks
        self.shallow = nn.Conv2d(in_channels, base, 3, padding=1, bias=False)
        self.enter = AttentionBlock(base, 3)
        self.encoder = _make_levels(widths, (3, 5, 7))
        self.down = nn.ModuleList(_make_pointwise(i, o) for i, o in pairwise(widths))
        self.decoder = _make_levels(widths, (7, 5, 3))
        self.skips = nn.ModuleList(AttentionBlock(width, reach) for width, reach in zip(widths, (7, 5), strict=False))
        self.up = nn.ModuleList(_make_pointwise(i, o) for i, o in zip(widths[1:], widths, strict=False))
        self.out = _make_pointwise(base, in_channels)
        # the published module has two more convolutions, which reach no output; they keep their place in its order
        self.unused = nn.ModuleList([_make_pointwise(base, base), _make_pointwise(in_channels, base)])

    def forward(self, x: Tensor) -> Tensor:
        """Enhance (N, in_channels, H, W) in [0, 1]; H and W are multiples of 4."""
        features = self.enter(self.shallow(x), self.rectify)
        passed = []
        for level, blocks in enumerate(self.encoder):
            if level:
                features = self.down[level - 1](_resize_by_factor(features, 0.5))
            features = self._run_blocks(blocks, features)
            passed.append(features)
        features = self._run_blocks(self.decoder[2], passed[2])
        for level in (1, 0):
            features = self.up[level](_resize_by_factor(features, 2.0)) + self.skips[level](passed[level], self.rectify)
            features = self._run_blocks(self.decoder[level], features)
        residual: Tensor = self.out(features)
        return (x + residual).clamp(0, 1)

    def _run_blocks(self, blocks: nn.Module, x: Tensor) -> Tensor:
        for block in blocks.children():
            x = block(x, self.rectify)
        return x

    def official_tensors(self) -> list[Tensor]:
        """Entry, encoder, downs, decoder from level 1, skips, ups, the last module; the slope once: 69 tensors."""
        entry = _list_block_tensors(self.enter)
        entry.insert(3, self.rectify.weight)
        encoder = [
            tensor for level in self.encoder for block in level.children() for tensor in _list_block_tensors(block)
        ]
        decoder = [
            tensor for level in self.decoder for block in level.children() for tensor in _list_block_tensors(block)
        ]
        skips = [tensor for block in self.skips for tensor in _list_block_tensors(block)]
        last = list_layer_tensors(*self.up, self.unused[0], self.out, self.unused[1])
        return [
            *list_layer_tensors(self.shallow),
            *entry,
            *encoder,
            *list_layer_tensors(*self.down),
            *decoder,
            *skips,
            *last,
        ]


class Critic(nn.Module):
    """Scores whole images: seven halving convolutions without norm and two linear layers.

    Args:
        in_channels: Image channels (3 as published).
        base: Channels of the first convolution (64 as published).
        side: Side of the images, a multiple of 128 (256 as published).
    """

    def __init__(self, in_channels: int = 3, base: int = 64, side: int = 256) -> None:
        super().__init__()
        widths = [base * factor for factor in CRITIC_WIDTHS]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(i, o, 4, stride=2, padding=1) for i, o in zip([in_channels, *widths], widths, strict=False)
        )
        left = side // 2 ** len(widths)
        self.hidden = nn.Linear(widths[-1] * left * left, CRITIC_HIDDEN_FEATURES)
        self.score = nn.Linear(CRITIC_HIDDEN_FEATURES, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Score (N, in_channels, side, side) in [0, 1]: (N, 1), higher for better images."""
        for conv in self.convolutions:
            x = functional.leaky_relu(conv(x), 0.2)
        score: Tensor = self.score(functional.leaky_relu(self.hidden(x.flatten(1)), 0.2))
        return score

    def official_tensors(self) -> list[Tensor]:
        """Weight and bias of the convolutions and of the linear layers: 18 tensors."""
        return list_layer_tensors(*self.convolutions, self.hidden, self.score)


def _make_levels(widths: list[int], reaches: tuple[int, ...]) -> nn.ModuleList:
    return nn.ModuleList(
        nn.ModuleList(AttentionBlock(width, reach) for _ in range(2))
        for width, reach in zip(widths, reaches, strict=True)
    )


def _make_pointwise(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 1, bias=False)


def _resize_by_factor(x: Tensor, factor: float) -> Tensor:
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def _list_block_tensors(block: nn.Module) -> list[Tensor]:
    """Attention (weight, bias), then both convolutions: the order in which the block holds them."""
    return list_layer_tensors(*block.children())
