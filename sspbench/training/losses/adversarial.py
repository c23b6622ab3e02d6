"""Adversarial losses: least squares, cross-entropy and relativistic. All take raw scores, without a sigmoid."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


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
