"""StillGAN's own losses: illumination regularisation and structure preservation.

All images are in [-1, 1]. The region losses look at the central square of side ``roi`` (384 of 512 in the public
code). Where the public code and the equations as reprinted in the SSP-Net paper differ, the code is followed: the
illumination loss takes an absolute value, the structure loss is the correlation factor of SSIM.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sspbench import illumination_unevenness, local_moments

# SSIM's stabiliser of the correlation factor, for values in [0, 1].
C3 = (0.03 * 1.0) ** 2 / 2
# Standard deviation of the noise added to both images of the structure loss.
NOISE_SD = 0.01


def crop_centre(images: Tensor, roi: int) -> Tensor:
    """Cut the central ``roi`` x ``roi`` region out of (N, C, H, W).

    Raises:
        ValueError: the images are smaller than that.
    """
    height, width = images.shape[-2:]
    if min(height, width) < roi:
        raise ValueError(f"the region of {roi} x {roi} does not fit into images of {height} x {width}")
    top, left = (height - roi) // 2, (width - roi) // 2
    return images[..., top : top + roi, left : left + roi]


def illumination_loss(images: Tensor, patch: int, roi: int) -> Tensor:
    """Return how unevenly lit the images are: the mean size of the upsampled patch means, less the overall mean.

    Raises:
        ValueError: ``roi`` is not a multiple of ``patch``, or the images are smaller than ``roi``.
    """
    if roi % patch:
        raise ValueError(f"patches of {patch} do not tile a region of {roi}")
    region = (crop_centre(images.float(), roi) + 1) / 2
    return illumination_unevenness(region, patch).abs().mean()


def draw_structure_noise(like: Tensor, roi: int, random: torch.Generator) -> Tensor:
    """Draw the noise field of one call of :func:`structure_loss`: N(0, 0.01 ** 2), shape of the cropped batch."""
    shape = (*like.shape[:2], roi, roi)
    return (NOISE_SD * torch.randn(shape, generator=random)).to(like.device)


def structure_loss(first: Tensor, second: Tensor, noise: Tensor, roi: int) -> Tensor:
    """Return 1 minus the mean local correlation of two images (the correlation factor of SSIM).

    The same noise (:func:`draw_structure_noise`) is added to both, which keeps the square roots away from zero in flat
    regions.
    """
    x, y = (((crop_centre(image.float(), roi) + 1) / 2 + noise).clamp(0, 1) for image in (first, second))
    variance_x, variance_y, covariance = local_moments(x, y)
    return 1 - ((covariance + C3) / (variance_x.sqrt() * variance_y.sqrt() + C3)).mean()
