"""CS-Net's training loss: mean squared error plus soft Dice."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

DICE_SMOOTHING = 1e-4
"""Added to both sides of the Dice fraction; an empty pair of masks scores 1."""


def soft_dice_loss(probability: Tensor, label: Tensor) -> Tensor:
    """Return ``1 - mean_i dice_i`` over the images of (N, 1, H, W) tensors in [0, 1].

    >>> import torch
    >>> round(soft_dice_loss(torch.full((1, 1, 2, 2), 0.5), torch.ones(1, 1, 2, 2)).item(), 4)
    0.3333
    """
    p, g = probability.flatten(1), label.flatten(1)
    dice = (2 * (p * g).sum(1) + DICE_SMOOTHING) / (p.sum(1) + g.sum(1) + DICE_SMOOTHING)
    return 1 - dice.mean()


def segmentation_losses(probability: Tensor, label: Tensor) -> dict[str, Tensor]:
    """Both terms and their plain sum, of (N, 1, H, W) tensors in [0, 1]."""
    mse = functional.mse_loss(probability, label)
    dice = soft_dice_loss(probability, label)
    return {"mse": mse, "dice": dice, "total": mse + dice}
