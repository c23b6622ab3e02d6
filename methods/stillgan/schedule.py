"""StillGAN's learning rate: constant, then linear decay that begins one epoch early and ends at exactly zero."""

from __future__ import annotations


def rate_factor(epoch: int, constant: int = 100, decay: int = 100) -> float:
    """Return the factor on the learning rate in ``epoch`` (1-based).

    The public code steps its scheduler at the beginning of an epoch, so the decay starts in epoch ``constant`` and
    the last epoch, ``constant + decay``, has rate 0.
    """
    return 1.0 - max(0, epoch - (constant - 1)) / (decay + 1)
