"""Halving, doubling and resizing of feature maps and images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def blur_down(x: Tensor) -> Tensor:
    """Halve (N, C, H, W) without aliasing to ceil(H / 2) x ceil(W / 2): binomial 3 x 3 filter, then every second pixel.

    The border is mirrored (Zhang, ICML 2019).
    """
    channels = int(x.shape[1])  # a plain number also where ONNX traces shapes: its kernels are of known size
    row = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    kernel = (row[:, None] * row).expand(channels, 1, 3, 3)
    padded = functional.pad(x, (1, 1, 1, 1), mode="reflect")
    return functional.conv2d(padded, kernel, stride=2, groups=channels)


def double(x: Tensor) -> Tensor:
    """Double (N, C, H, W) bilinearly.

    The same as a transposed convolution with the binomial filter (1, 3, 3, 1) and replicated borders.
    """
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (N, C, H, W) in [0, 1] by antialiased bicubic interpolation, the kernel of Pillow; clipped to [0, 1]."""
    if tuple(images.shape[-2:]) == tuple(size):
        return images
    return functional.interpolate(images.float(), size, mode="bicubic", antialias=True).clamp(0, 1)


def at_side(images: Tensor, side: int | None, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Apply ``function`` to (N, C, H, W) in [0, 1] at ``side`` x ``side`` and bring it back; None: as they are."""
    if side is None:
        return function(images)
    return resized(function(resized(images, (side, side))), (images.shape[-2], images.shape[-1]))
