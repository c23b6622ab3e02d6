"""UNSB's networks: a generator steered by a random code, and a PatchGAN that is given the place on the bridge.

Same computation graph and tensor order as the public implementation (``resnet_9blocks_cond``, ``basic_cond``).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from sspbench import TAPPED_BLOCKS, ResidualGenerator, downsample2x, instance_norm, list_layer_tensors, upsample2x

# Of the sines that describe an index, as in the transformer.
MAX_SINE_PERIOD = 10_000.0


class SteeredBlock(nn.Module):
    """A normalised input, scaled and shifted by the code, rectified, convolved, normalised and added to the input.

    The public block also declares a convolution in front and two linear layers of the time, but overwrites their
    result: they reach no output, and are kept for their place in the order of tensors.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.unused_conv = nn.Conv2d(channels, channels, 3)
        self.conv = nn.Conv2d(channels, channels, 3)
        self.style = nn.Linear(channels, 2 * channels)
        self.unused_time = nn.Linear(channels, channels)
        self.unused_style = nn.Linear(channels, 2 * channels)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """Map (N, channels, H, W) to the same shape; ``code`` is (N, channels)."""
        scale, shift = self.style(code)[:, :, None, None].chunk(2, dim=1)
        inner = functional.relu(scale * instance_norm(x) + shift)
        return x + instance_norm(self.conv(functional.pad(inner, (1,) * 4, mode="reflect")))


class BridgeGenerator(ResidualGenerator):
    """CUT's generator with steered blocks. As published, it does not see where on the bridge its input lies.

    Args:
        in_channels: Image channels, also of the output.
        base: Channels of the first layer (64 as published); the code is four times as long.
        blocks: Residual blocks (9 as published), 5 or more.
    """

    def __init__(self, in_channels: int = 1, base: int = 64, blocks: int = 9) -> None:
        super().__init__(in_channels, base, blocks, antialiased=True)
        self.code_length = 4 * base
        self.blocks = nn.ModuleList(SteeredBlock(self.code_length) for _ in range(blocks))
        self.mapping = nn.ModuleList(nn.Linear(self.code_length, self.code_length) for _ in range(4))
        self.unused_times = nn.ModuleList(nn.Linear(n * base, self.code_length) for n in (1, 4))

    def _map_code(self, code: Tensor) -> Tensor:
        code = code / torch.sqrt(code.square().mean(1, keepdim=True) + 1e-8)
        for layer in self.mapping:
            code = functional.leaky_relu(layer(code), 0.2)
        return code

    def encode(self, x: Tensor, code: Tensor) -> list[Tensor]:  # type: ignore[override]
        """Return the taps of (N, in_channels, H, W) under a code (N, ``code_length``) from N(0, 1), as CUT's."""
        return self._encode_steered(x, self._map_code(code))

    def _encode_steered(self, x: Tensor, steer: Tensor) -> list[Tensor]:
        x = functional.pad(x, (3,) * 4, mode="reflect")
        taps = [x]
        x = _normalise_and_rectify(self.stem(x))
        for conv in self.down:
            taps.append(conv(x))
            x = downsample2x(_normalise_and_rectify(taps[-1]))
        for number, block in enumerate(self.blocks[: TAPPED_BLOCKS[-1]], 1):
            x = block(x, steer)
            if number in TAPPED_BLOCKS:
                taps.append(x)
        return taps

    def forward(self, x: Tensor, code: Tensor) -> Tensor:  # type: ignore[override]
        """Map (N, in_channels, H, W) in [-1, 1] and codes (N, ``code_length``) from N(0, 1) to images in [-1, 1]."""
        steer = self._map_code(code)
        x = self._encode_steered(x, steer)[-1]
        for block in self.blocks[TAPPED_BLOCKS[-1] :]:
            x = block(x, steer)
        for conv in self.up:
            x = _normalise_and_rectify(conv(upsample2x(x)))
        return torch.tanh(self.out(functional.pad(x, (3,) * 4, mode="reflect")))

    def official_tensors(self) -> list[Tensor]:
        """Blocks first, then stem, halvings, doublings, last convolution, mapping, unused layers of the time: 114."""
        inner = [layer for block in self.blocks for layer in block.children()]
        return list_layer_tensors(*inner, self.stem, *self.down, *self.up, self.out, *self.mapping, *self.unused_times)


def _normalise_and_rectify(x: Tensor) -> Tensor:
    return functional.relu(instance_norm(x))


class TimedPatchGAN(nn.Module):
    """CUT's antialiased PatchGAN whose convolutions get a constant per channel that depends on the place on the bridge.

    Instance norm removes it again from all but the first. The energy network is one too, of four times
    a picture's channels.

    Args:
        in_channels: Image channels.
        base: Channels of the first layer (64 as published).
    """

    def __init__(self, in_channels: int = 1, base: int = 64) -> None:
        super().__init__()
        widths = (in_channels, base, 2 * base, 4 * base, 8 * base)
        self.length = 4 * base
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 4, padding=1) for i, o in pairwise(widths))
        self.shifts = nn.ModuleList(nn.Linear(self.length, width) for width in widths[1:])
        self.last = nn.Conv2d(8 * base, 1, 4, padding=1)
        self.times = nn.ModuleList(nn.Linear(self.length, self.length) for _ in range(2))

    def forward(self, x: Tensor, index: int) -> Tensor:
        """Judge (N, in_channels, H, W) in [-1, 1] at place ``index``: (N, 1, H // 8 - 2, W // 8 - 2)."""
        time = encode_index(index, self.length).to(x)
        for layer in self.times:
            time = functional.leaky_relu(layer(time), 0.2)
        for number, (conv, shift) in enumerate(zip(self.convs, self.shifts, strict=True)):
            x = conv(x) + shift(time)[:, None, None]
            x = functional.leaky_relu(instance_norm(x) if number else x, 0.2)
            x = downsample2x(x) if number < 3 else x
        scores: Tensor = self.last(x)
        return scores

    def official_tensors(self) -> list[Tensor]:
        """Convolution and shift of the four blocks, last convolution, layers of the time: 22 tensors."""
        blocks = [layer for pair in zip(self.convs, self.shifts, strict=True) for layer in pair]
        return list_layer_tensors(*blocks, self.last, *self.times)


def encode_index(index: int, length: int) -> Tensor:
    """Return sines, then cosines of ``index`` at falling frequencies: (length,), length even and 4 or more."""
    half = length // 2
    angles = index * torch.exp(-math.log(MAX_SINE_PERIOD) / (half - 1) * torch.arange(half))
    return torch.cat([angles.sin(), angles.cos()])
