"""The field of view of colour photographs on the device: a rule that also works on crops."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..images.enhancement_rules import LUMA_WEIGHTS

# Luminance above which a pixel belongs to the field of view, as in SCR-Net's public code.
MIN_VIEW_LUMINANCE = 10 / 255

# Side of the square that removes specks, pixels.
OPENING_SIDE_PX = 8


def find_views(images: Tensor) -> Tensor:
    """Return where (N, 3, H, W) RGB photographs in [0, 1] show anything: (N, 1, H, W) of 0 and 1, float32.

    That is luminance above 10 of 255, opened with an 8 x 8 square. What lies beyond the border of an image counts as
    seen, so that a crop is judged as the picture it comes from.
    """
    bright = (compute_luminances(images) > MIN_VIEW_LUMINANCE).float()
    before, after = OPENING_SIDE_PX // 2, OPENING_SIDE_PX - 1 - OPENING_SIDE_PX // 2
    eroded = 1 - _find_window_maxima(1 - bright, before, after)
    return _find_window_maxima(eroded, after, before)  # the square's mirror image, since it has no central pixel


def compute_luminances(images: Tensor) -> Tensor:
    """Return the luminance (ITU-R BT.601) of (N, 3, H, W) RGB images, (N, 1, H, W)."""
    weights = torch.tensor(LUMA_WEIGHTS, device=images.device).view(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)


def _find_window_maxima(images: Tensor, before: int, after: int) -> Tensor:
    padded = functional.pad(images, (before, after, before, after))
    return functional.max_pool2d(padded, before + 1 + after, stride=1)
