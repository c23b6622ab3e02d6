"""Parts that networks share: initial weights, instance norm, and the halving, doubling and resizing of maps.

Every plugin takes instance norm from here: its gradient is right in every memory layout. torch 2.13 on the CPU goes
backward wrongly through its own where the batch is *one* image and the incoming gradient lies channels-last: a relative
error above 1 and no message. Group norm with a group for each channel is the same function with another kernel: its
gradient is right, and it takes about half the time.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

CONVOLUTION_TYPES = (nn.Conv2d, nn.ConvTranspose2d)


def init_normal(network: nn.Module, sd: float = 0.02) -> None:
    """Draw the weights of all convolutions from N(0, sd ** 2) and clear their biases (Radford et al. 2016)."""
    for layer in network.modules():
        if isinstance(layer, CONVOLUTION_TYPES):
            nn.init.normal_(layer.weight, 0.0, sd)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def init_xavier(network: nn.Module, gain: float = 0.02) -> None:
    """Draw the weights of convolutions and linear layers as Glorot & Bengio (2010), times ``gain``; clear biases."""
    for layer in network.modules():
        if isinstance(layer, (*CONVOLUTION_TYPES, nn.Linear)):
            nn.init.xavier_normal_(layer.weight, gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def instance_norm(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalise every channel of every image of (N, C, H, W) to mean 0 and variance 1 / (1 + eps / variance)."""
    channels = int(x.shape[1])  # a plain number also where ONNX traces shapes
    return functional.group_norm(x, channels, eps=eps)


class InstanceNorm2d(nn.InstanceNorm2d):
    """``torch.nn.InstanceNorm2d`` without running statistics: the same state, values to rounding, right gradient."""

    def __init__(self, channels: int, eps: float = 1e-5, *, affine: bool = False) -> None:
        super().__init__(channels, eps, affine=affine)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (N, C, H, W)."""
        return functional.group_norm(input, self.num_features, self.weight, self.bias, self.eps)


def downsample2x(x: Tensor) -> Tensor:
    """Halve (N, C, H, W) without aliasing to ceil(H / 2) x ceil(W / 2): binomial 3 x 3 filter, then every second pixel.

    The border is mirrored (Zhang, ICML 2019).
    """
    channels = int(x.shape[1])  # a plain number also where ONNX traces shapes: its kernels are of known size
    row = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    kernel = (row[:, None] * row).expand(channels, 1, 3, 3)
    padded = functional.pad(x, (1, 1, 1, 1), mode="reflect")
    return functional.conv2d(padded, kernel, stride=2, groups=channels)


def upsample2x(x: Tensor) -> Tensor:
    """Double (N, C, H, W) bilinearly.

    The same as a transposed convolution with the binomial filter (1, 3, 3, 1) and replicated borders.
    """
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def upsample2x_conv(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Double (N, C, H, W) by its nearest neighbours and convolve it with (C', C, 3, 3) weights: (N, C', 2H, 2W).

    The border is filled with zeros. Taps that meet the same pixel are added first: a transposed convolution with 4 x 4
    taps and stride 2 gives the same values to rounding, with 4/9 of the products, and the doubled maps are never made.

    >>> x, weight = torch.arange(4.0).view(1, 1, 2, 2), torch.ones(1, 1, 3, 3)
    >>> upsample2x_conv(x, weight)[0, 0, 1].tolist()
    [4.0, 9.0, 12.0, 10.0]
    """
    taps = _merge_taps(_merge_taps(weight, 2), 3).transpose(0, 1)
    return functional.conv_transpose2d(x, taps, bias, stride=2, padding=1)


def _merge_taps(weight: Tensor, axis: int) -> Tensor:
    """Return the four taps along an axis of a transposed convolution from the three of a convolution."""
    first, middle, last = weight.unbind(axis)
    return torch.stack([last, middle + last, first + middle, first], axis)


def resize_bicubic(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (N, C, H, W) in [0, 1] by antialiased bicubic interpolation, the kernel of Pillow; clipped to [0, 1]."""
    if tuple(images.shape[-2:]) == tuple(size):
        return images
    return functional.interpolate(images.float(), size, mode="bicubic", antialias=True).clamp(0, 1)


def run_at_size(images: Tensor, side: int | None, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Apply ``function`` to (N, C, H, W) in [0, 1] at ``side`` x ``side`` and bring it back; None: as they are."""
    if side is None:
        return function(images)
    return resize_bicubic(function(resize_bicubic(images, (side, side))), (images.shape[-2], images.shape[-1]))
