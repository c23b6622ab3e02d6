"""SCR-Net's network: one encoder of the high-frequency part, two decoders (Li et al., MICCAI 2022)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspbench import InstanceNorm2d, list_layer_tensors


class Generator(nn.Module):
    """Draws the high-frequency part of the clear image, and from its feature maps the clear image itself.

    The first decoder takes the encoder's maps as skips; the second takes those of the first and none of the encoder's.
    Same computation graph and tensor order as the public ``unet_combine_2layer``.

    Args:
        in_channels: Image channels, given and drawn.
        base: Channels of the first level (64 as published), doubled up to 8 times.
        depth: Halvings (8 as published); H and W must be multiples of ``2 ** depth``.
    """

    def __init__(self, in_channels: int = 1, base: int = 64, depth: int = 8) -> None:
        super().__init__()
        widths = [base * min(2**level, 8) for level in range(depth)]
        above = [in_channels, *widths[:-1]]
        joined = [*(2 * width for width in widths[:-1]), widths[-1]]
        self.down = nn.ModuleList(nn.Conv2d(i, o, 4, stride=2, padding=1) for i, o in zip(above, widths, strict=True))
        self.detail = _make_decoder(joined, above)
        self.image = _make_decoder(joined, above)
        # neither the first map nor the innermost one, which may be a single pixel, is normalised
        self.norms = nn.ModuleList(InstanceNorm2d(width) for width in widths)
        self.rectify = nn.ReLU()
        self.leak = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the high-frequency part of the clear images and the clear images, both as ``x``.

        ``x`` is the high-frequency part of the given ones, (N, in_channels, H, W) in [-1, 1].
        """
        skips = self._encode(x)
        detail = image = self.rectify(skips.pop())
        for level in reversed(range(1, len(self.down))):
            drawn = self._apply_norm(level - 1, self.detail[level](detail))
            painted = self._apply_norm(level - 1, self.image[level](image))
            detail = self.rectify(torch.cat([drawn, skips.pop()], dim=1))
            image = self.rectify(torch.cat([drawn, painted], dim=1))
        return torch.tanh(self.detail[0](detail)), torch.tanh(self.image[0](image))

    def _encode(self, x: Tensor) -> list[Tensor]:
        """Return the maps of all levels, the finest first."""
        maps = [self.down[0](x)]
        for level in range(1, len(self.down)):
            encoded = self.down[level](self.leak(maps[-1]))
            innermost = level == len(self.down) - 1
            maps.append(encoded if innermost else self._apply_norm(level, encoded))
        return maps

    def _apply_norm(self, level: int, x: Tensor) -> Tensor:
        normed: Tensor = self.norms[level](x)
        return normed

    def official_tensors(self) -> list[Tensor]:
        """From the finest level: convolution, transposed convolution of the detail, that of the image: 48 tensors."""
        return [
            tensor
            for level in zip(self.down, self.detail, self.image, strict=True)
            for layer in level
            for tensor in list_layer_tensors(layer)
        ]


def _make_decoder(inputs: list[int], outputs: list[int]) -> nn.ModuleList:
    return nn.ModuleList(nn.ConvTranspose2d(i, o, 4, stride=2, padding=1) for i, o in zip(inputs, outputs, strict=True))
