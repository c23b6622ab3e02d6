"""Instance normalisation whose gradient is right in every memory layout; every plugin takes it from here.

torch 2.13 on the CPU goes backward wrongly through its own instance norm where the batch is *one* image and the
incoming gradient lies channels-last: a relative error above 1 and no message. Group norm with a group for each channel
is the same function with another kernel: its gradient is right, and it takes about half the time.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


def instance_norm(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalise every channel of every image of (N, C, H, W) to mean 0 and variance 1 / (1 + eps / variance)."""
    channels = int(x.shape[1])  # a plain number also where ONNX traces shapes
    return functional.group_norm(x, channels, eps=eps)


class InstanceNorm2d(nn.InstanceNorm2d):
    """``torch.nn.InstanceNorm2d`` without running statistics: the same state, values to rounding, right gradient."""

    def __init__(self, channels: int, eps: float = 1e-5, *, affine: bool = False) -> None:
        super().__init__(channels, eps, affine=affine)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (N, C, H, W)."""
        return functional.group_norm(input, self.num_features, self.weight, self.bias, self.eps)
