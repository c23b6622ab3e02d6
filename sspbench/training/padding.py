"""Padding by reflection to a multiple, in operations that ONNX can trace for any size."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def apply_padded(images: Tensor, multiple: int, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Apply ``function`` to (N, C, H, W) images padded to a multiple and crop the result to their size.

    ``function`` keeps height and width, which are multiples, or adds to them at the bottom and at the right.
    """
    height, width = images.shape[-2], images.shape[-1]
    rows = reflected_places(height, multiple).to(images.device)
    columns = reflected_places(width, multiple).to(images.device)
    padded = images.index_select(-2, rows).index_select(-1, columns)
    return function(padded)[..., :height, :width]


def reflected_places(length: int, multiple: int) -> Tensor:
    """Return which pixel of a side each pixel of the padded side shows, int64; the border pixel is repeated.

    The same as numpy's ``symmetric`` padding at the end of the side, also where more is added than the side has.

    >>> reflected_places(3, 8).tolist()
    [0, 1, 2, 2, 1, 0, 0, 1]
    """
    places = torch.arange(length + (-length) % multiple) % (2 * length)
    return torch.minimum(places, 2 * length - 1 - places)
