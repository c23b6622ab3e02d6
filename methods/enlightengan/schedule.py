"""EnlightenGAN's learning rate: a plateau one epoch longer than said, then equal steps down."""

from __future__ import annotations


def rate_factor(epoch: int, constant: int = 100, decay: int = 100) -> float:
    """Return the factor on the learning rate in ``epoch`` (1-based).

    The public code lowers the rate after an epoch, so the first ``constant + 1`` epochs have the full rate and the
    last one, ``constant + decay``, still has ``1 / decay`` of it.
    """
    return 1.0 - max(0, epoch - (constant + 1)) / decay
