"""Losses that several methods share: adversarial ones, and local statistics that region losses are made of.

Adversarial losses take raw scores, without a sigmoid.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

# Side length and standard deviation of SSIM's Gaussian window, in pixels (Wang et al. 2004).
WINDOW_SIZE_PX, WINDOW_SIGMA_PX = 11, 1.5


def lsgan_loss(scores: Tensor, target: float) -> Tensor:
    """Return the mean squared distance of a discriminator's scores to 1 (real) or 0 (fake) (Mao et al. 2017)."""
    return (scores.float() - target).square().mean()


def lsgan_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return what a least-squares discriminator minimises: half of the real images' loss plus the fakes'."""
    return (lsgan_loss(real, 1.0) + lsgan_loss(fake, 0.0)) / 2


def relativistic_lsgan_loss(above: Tensor, below: Tensor) -> Tensor:
    """Return the relativistic average least-squares loss that wants ``above`` to score higher than ``below``.

    The discriminator's loss has the real scores above, the generator's the fake ones (Jolicoeur-Martineau 2019).
    """
    up = lsgan_loss(above - below.mean(), 1.0)
    down = lsgan_loss(below - above.mean(), 0.0)
    return (up + down) / 2


def vanilla_gan_loss(logits: Tensor, *, real: bool) -> Tensor:
    """Return the mean cross-entropy of calling the logits real, or fake (Goodfellow et al. 2014)."""
    return functional.softplus(-logits.float() if real else logits.float()).mean()


def gaussian_means(values: Tensor) -> Tensor:
    """Average (..., H, W) float32 under SSIM's Gaussian window, zeros beyond the border.

    The window is separable, so the mean is ``B_H @ values @ B_W`` with two band matrices: on a CPU seven times as fast
    as a convolution. Differences of such means are small against the means themselves, so the products are kept in
    full float32, also where the rest of the step runs in bfloat16 or TF32.
    """
    height, width = values.shape[-2:]
    with _force_float32(values.device.type):
        rows = _gaussian_band_matrix(height, values.device) @ values.float()
        return rows @ _gaussian_band_matrix(width, values.device)


def local_moments(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the local variance of ``x``, that of ``y`` and their covariance, each of the shape of ``x``."""
    mean_x, mean_y, square_x, square_y, product = gaussian_means(torch.stack([x, y, x * x, y * y, x * y])).unbind()
    return square_x - mean_x.square(), square_y - mean_y.square(), product - mean_x * mean_y


def illumination_unevenness(images: Tensor, patch: int) -> Tensor:
    """Return the means of patches of side ``patch`` less the overall mean, at full size (bicubic): (N, C, H, W).

    The side should divide H and W.
    """
    means = functional.avg_pool2d(images.float(), patch)
    deviations = means - images.float().mean(dim=(-2, -1), keepdim=True)
    return functional.interpolate(deviations, size=images.shape[-2:], mode="bicubic", align_corners=False)


@lru_cache(maxsize=16)
def _gaussian_band_matrix(size: int, device: torch.device) -> Tensor:
    offsets = torch.arange(size)
    distance = (offsets[:, None] - offsets[None]).double()
    kernel = torch.exp(
        -(torch.arange(WINDOW_SIZE_PX).double() - WINDOW_SIZE_PX // 2).square() / (2 * WINDOW_SIGMA_PX**2)
    )
    weights = torch.exp(-distance.square() / (2 * WINDOW_SIGMA_PX**2)) / kernel.sum()
    return torch.where(distance.abs() <= WINDOW_SIZE_PX // 2, weights, 0.0).float().to(device)


@contextmanager
def _force_float32(device: str) -> Iterator[None]:
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        with torch.autocast(device, enabled=False):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
