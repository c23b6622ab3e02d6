"""SCR-Net's high-frequency filter: what is left of an image without its wide Gaussian mean, amplified."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Side and standard deviation of the Gaussian window, pixels.
WINDOW_SIZE_PX, WINDOW_SIGMA_PX = 27, 9.0
# Factor on the high-frequency part, which is cut to [-1, 1] afterwards.
DETAIL_GAIN = 4.0
# Added to an image's median to fill what lies outside the field of view.
OUTSIDE_LIFT = 0.2


def high_frequency(images: Tensor, view: Tensor | None = None) -> Tensor:
    """Return the amplified high-frequency part of (N, C, H, W) in [-1, 1], in the same range.

    ``view`` is the field of view, (N, 1, H, W) of 0 and 1, outside which the result is -1; None where it is the whole
    image, as in corneal confocal ones.
    """
    images = images.float()
    if view is None:
        return (DETAIL_GAIN * (images - _wide_mean(images))).clamp(-1, 1)
    filled = view * images + (1 - view) * (images.flatten(2).median(dim=2).values[..., None, None] + OUTSIDE_LIFT)
    amplified = (DETAIL_GAIN * (filled - _wide_mean(filled))).clamp(-1, 1)
    return mask_outside_view(amplified, view)


def mask_outside_view(images: Tensor, view: Tensor | None) -> Tensor:
    """Set (N, C, H, W) in [-1, 1] to -1 outside the field of view, where one is given."""
    return images if view is None else (images + 1) * view - 1


def _wide_mean(images: Tensor) -> Tensor:
    """Average (N, C, H, W) float32 under the Gaussian window, the border repeated; in full precision."""
    channels, reach = int(images.shape[1]), WINDOW_SIZE_PX // 2  # a plain number also where ONNX traces shapes
    offsets = torch.arange(WINDOW_SIZE_PX, dtype=torch.float64) - reach
    weights = torch.exp(-offsets.square() / (2 * WINDOW_SIGMA_PX**2))
    kernel = (weights / weights.sum()).float().to(images.device).expand(channels, 1, -1)
    with torch.autocast(images.device.type, enabled=False):
        padded = functional.pad(images, (reach, reach, reach, reach), mode="replicate")
        rows = functional.conv2d(padded, kernel[..., None, :], groups=channels)
        return functional.conv2d(rows, kernel[..., None], groups=channels)
