"""SSP-Net's losses, equations (2) to (4), in the readings that README.md lists (A1-A9).

Region losses take images in [0, 1]; logits are of the discriminator's patches.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sspbench import illumination_unevenness, local_moments, vanilla_gan_loss

# SSIM's stabiliser for values in [0, 1].
C2 = 0.03**2
MIN_VARIANCE = 1e-12


def fooling_loss(logits: Tensor, saturating: bool) -> Tensor:
    """Return what the generator minimises: -log D (the usual form), or log(1 - D) as printed in equation (2)."""
    return -vanilla_gan_loss(logits, real=False) if saturating else vanilla_gan_loss(logits, real=True)


def illumination_loss(images: Tensor, shares: Sequence[int], signed: bool) -> Tensor:
    """Return the illumination uniformity loss, equation (3), of (N, C, H, W) in [0, 1], averaged over patch sizes.

    Patch sides are H / share; (8, 4) are 48 and 96 pixels at 384. ``signed`` takes the mean as printed, which is about
    zero for any image, instead of the mean of absolute values.
    """
    losses = []
    for share in shares:
        deviations = illumination_unevenness(images, images.shape[-2] // share)
        losses.append(deviations.mean() if signed else deviations.abs().mean())
    return torch.stack(losses).mean()


def texture_loss(x: Tensor, y: Tensor, form: str) -> Tensor:
    """Return the texture-aware loss of one domain, half of equation (4): 1 - mean over all local windows.

    Compares images with their enhanced versions, (N, C, H, W) in [0, 1]. ``form`` is ``structure``, SSIM's correlation
    factor as in StillGAN's code; ``contrast``, the equation as printed, Theta being the local standard deviation; or
    ``product``, both.
    """
    return 1 - texture_map(x, y, form).mean()


def texture_map(x: Tensor, y: Tensor, form: str) -> Tensor:
    """Return the local similarity under :func:`texture_loss`, (N, C, H, W)."""
    variance_x, variance_y, covariance = local_moments(x, y)
    variance_x, variance_y = variance_x.clamp_min(MIN_VARIANCE), variance_y.clamp_min(MIN_VARIANCE)
    deviations = variance_x.sqrt() * variance_y.sqrt()
    structure = (covariance + C2 / 2) / (deviations + C2 / 2)
    contrast = (2 * deviations + C2) / (variance_x + variance_y + C2)
    return {"structure": structure, "contrast": contrast, "product": structure * contrast}[form]
