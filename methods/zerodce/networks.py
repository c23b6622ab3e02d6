"""Zero-DCE's network: seven convolutions that draw a brightness curve for every pixel (Guo et al., CVPR 2020)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from sspbench import list_layer_tensors


class CurveNetwork(nn.Module):
    """Predicts and applies the curves; the same computation graph and tensor order as the public ``enhance_net``.

    Args:
        in_channels: Image channels: 3 as published.
        width: Channels of the hidden layers (32 as published).
        iterations: How often a curve is applied (8 as published); each time with its own parameters.
    """

    def __init__(self, in_channels: int = 3, width: int = 32, iterations: int = 8) -> None:
        super().__init__()
        inputs = (in_channels, width, width, width, 2 * width, 2 * width, 2 * width)
        outputs = (*[width] * 6, in_channels * iterations)
        self.iterations = iterations
        self.convolutions = nn.ModuleList(
            nn.Conv2d(i, o, kernel_size=3, padding=1) for i, o in zip(inputs, outputs, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the curve parameters of (N, C, H, W) images in [0, 1].

        Returns:
            (N, C * iterations, H, W) in [-1, 1]: those of the first iteration first.
        """
        first, second, third, fourth, fifth, sixth, last = self.convolutions
        x1 = functional.relu(first(x))
        x2 = functional.relu(second(x1))
        x3 = functional.relu(third(x2))
        x4 = functional.relu(fourth(x3))
        x5 = functional.relu(fifth(torch.cat([x3, x4], dim=1)))
        x6 = functional.relu(sixth(torch.cat([x2, x5], dim=1)))
        return torch.tanh(last(torch.cat([x1, x6], dim=1)))

    def enhance(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the enhanced images, (N, C, H, W) in [0, 1], and the curve parameters behind them."""
        curves = self(images)
        return apply_curves(images, curves.float().chunk(self.iterations, dim=1)), curves

    def official_tensors(self) -> list[Tensor]:
        """Weight and bias of each convolution: 14 tensors."""
        return list_layer_tensors(*self.convolutions)


def apply_curves(images: Tensor, curves: Iterable[Tensor]) -> Tensor:
    """Bend brightness by ``x + a (x^2 - x)``, once with each ``a``; values in [0, 1] stay there.

    Each curve is (N, C, H, W) in [-1, 1], as the images; negative values brighten.
    """
    for curve in curves:
        images = images + curve * (images.square() - images)
    return images


def init_weights(network: CurveNetwork) -> None:
    """Draw all convolution weights from N(0, 0.02), as the public code does; biases keep torch's default."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
