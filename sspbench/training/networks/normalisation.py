"""Instance normalisation whose gradient is right in every memory layout; every plugin takes it from here.

torch 2.13 on the CPU goes backward wrongly through its own instance norm where the batch is *one* image and the
incoming gradient lies channels-last: a relative error above 1 and no message. For larger batches torch copies that
gradient to the contiguous layout first; here it is copied always, so nothing but the fault changes. A rectifier right
behind the norm happens to hide the fault; a sum, a convolution or the network's end does not.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


def instance_norm(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalise every channel of every image of (N, C, H, W) to mean 0 and variance 1 / (1 + eps / variance)."""
    return _with_contiguous_gradient(functional.instance_norm(x, eps=eps))


def _with_contiguous_gradient(normalised: Tensor) -> Tensor:
    """Return the tensor itself; a gradient that reaches it is made contiguous before it goes on."""
    if normalised.requires_grad:
        normalised.register_hook(Tensor.contiguous)
    return normalised


class InstanceNorm2d(nn.InstanceNorm2d):
    """``torch.nn.InstanceNorm2d``, with the same arguments, state and values, and the right gradient."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (N, C, H, W)."""
        return _with_contiguous_gradient(super().forward(input))
