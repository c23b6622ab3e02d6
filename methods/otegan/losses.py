"""OTE-GAN's losses: the Wasserstein critic with its gradient penalty, and the cost of transport, 1 - MS-SSIM."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sspbench import gaussian_means

# Side of SSIM's Gaussian window, pixels.
WINDOW_SIZE_PX = 11
# SSIM's stabilisers of the luminance and the contrast factor, for values in [0, 1].
C1, C2 = 0.01**2, 0.03**2
# Smallest factor of a scale; the gradient of a power of 0 is infinite.
MIN_SCALE_FACTOR = 1e-6
# Exponents of the scales, the finest first (Wang, Simoncelli & Bovik 2003).
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def is_large_enough(side: int, scales: int) -> bool:
    """Return whether the windows of the coarsest of ``scales`` lie within images whose smaller side is ``side``."""
    return side > (WINDOW_SIZE_PX - 1) << (scales - 1)


def ms_ssim(x: Tensor, y: Tensor, scales: int = 5) -> Tensor:
    """Return the multi-scale structural similarity of (N, C, H, W) in [0, 1], the mean over channels: (N,) in [0, 1].

    Windows lie within the image. A scale of inverted structure counts as ``MIN_SCALE_FACTOR``: as 0 it has no gradient.
    With fewer than 5 scales, the exponents of the finest are brought to the sum of 1.

    Raises:
        ValueError: the images are too small for the windows of the coarsest scale.
    """
    if not is_large_enough(min(x.shape[-2:]), scales):
        raise ValueError(f"images of {tuple(x.shape[-2:])} are too small for {scales} scales of MS-SSIM")
    x, y = x.float(), y.float()
    total = sum(SCALE_WEIGHTS[:scales]) if scales < len(SCALE_WEIGHTS) else 1.0
    product = x.new_ones(x.shape[:2])
    for scale, weight in enumerate(SCALE_WEIGHTS[:scales], 1):
        similarity, contrast = compute_similarities(x, y)
        factor = similarity if scale == scales else contrast
        product = product * factor.clamp(min=MIN_SCALE_FACTOR).pow(weight / total)
        x, y = (functional.avg_pool2d(image, 2, padding=[side % 2 for side in image.shape[-2:]]) for image in (x, y))
    return product.mean(dim=1)


def compute_similarities(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return SSIM and its factor of contrast and structure, each (N, C): means over all windows within the image."""
    rim = WINDOW_SIZE_PX // 2
    means = gaussian_means(torch.stack([x, y, x * x, y * y, x * y]))[..., rim:-rim, rim:-rim]
    mean_x, mean_y, square_x, square_y, product = means.unbind()
    covariance = product - mean_x * mean_y
    variances = square_x - mean_x.square() + square_y - mean_y.square()
    contrast = (2 * covariance + C2) / (variances + C2)
    luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    return (luminance * contrast).mean(dim=(2, 3)), contrast.mean(dim=(2, 3))


def gradient_norms(critic: nn.Module, images: Tensor) -> Tensor:
    """Return the norm of the critic's gradient at each of (N, C, H, W), (N,); it can be descended itself."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    norms: Tensor = gradient.flatten(1).norm(dim=1)
    return norms


def gradient_penalty(critic: nn.Module, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """Return how far the critic's gradient norms are from 1 between real and generated (N, C, H, W), squared.

    ``share``, (N, 1, 1, 1) in [0, 1], is that of the real image in the mixture.
    """
    return (gradient_norms(critic, share * real + (1 - share) * fake) - 1).square().mean()
