"""EnlightenGAN's random draws: joint flips, darkening, and the corners of local patches. All from a given generator."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def toss_coins(count: int, random: torch.Generator) -> Tensor:
    """Toss ``count`` fair coins; (count,) bool on the CPU."""
    return torch.rand(count, generator=random) < 0.5


def flip_jointly(first: Tensor, second: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror (N, C, H, W) pairs left to right and upside down, each with probability 1/2, both of a pair alike."""
    for axis in (-1, -2):
        chosen = toss_coins(len(first), random).to(first.device)[:, None, None, None]
        first, second = (torch.where(chosen, images.flip(axis), images) for images in (first, second))
    return first, second


def darken(images: Tensor, hundredths: Sequence[int], random: torch.Generator) -> Tensor:
    """Divide the brightness of (N, C, H, W) images in [-1, 1], each with probability 1/2.

    ``hundredths`` are least and greatest divisor times 100, both inclusive; (200, 400) as published.
    """
    least, greatest = hundredths
    chosen = toss_coins(len(images), random)
    drawn = torch.randint(least, greatest + 1, (len(images),), generator=random)
    divisor = torch.where(chosen, drawn / 100, 1.0).to(images.device)[:, None, None, None]
    return torch.where(divisor > 1, (images + 1) / divisor - 1, images)


def draw_patch_corners(
    height: int, width: int, side: int, count: int, random: torch.Generator
) -> list[tuple[int, int]]:
    """Draw ``count`` corners (top, left), shared by the whole batch.

    As in the public code, left is drawn before top and the last possible position is never drawn.
    """
    corners = []
    for _ in range(count):
        left = int(torch.randint(max(width - side, 1), (), generator=random))
        top = int(torch.randint(max(height - side, 1), (), generator=random))
        corners.append((top, left))
    return corners


def cut_patch(images: Tensor, corner: tuple[int, int], side: int) -> Tensor:
    """Cut the ``side`` x ``side`` patch at ``corner`` out of (N, C, H, W)."""
    top, left = corner
    return images[..., top : top + side, left : left + side]
