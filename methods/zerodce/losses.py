"""Zero-DCE's four losses, none of which needs a reference. Images are (N, C, H, W) in [0, 1]."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Side of the cells whose mean brightness the spatial term compares with their neighbours', pixels.
SPATIAL_CELL_PX = 4
# Side of the cells whose mean brightness the exposure term looks at, pixels.
EXPOSURE_CELL_PX = 16
# Added under the root of the colour term, whose gradient is 0 / 0 where all channels have the same mean.
COLOUR_ROOT_FLOOR = 1e-12


def spatial_map(enhanced: Tensor, images: Tensor) -> Tensor:
    """Return how much the contrast between neighbouring cells has changed, (N, 1, H / 4, W / 4).

    Each cell is compared with those to its left, right, top and bottom; beyond the border everything is 0.
    """
    after, before = (_neighbour_differences(_cell_means(given, SPATIAL_CELL_PX)) for given in (enhanced, images))
    return (after - before).square().sum(dim=1, keepdim=True)


def spatial_loss(enhanced: Tensor, images: Tensor) -> Tensor:
    """Return the mean of :func:`spatial_map`."""
    return spatial_map(enhanced, images).mean()


def exposure_loss(enhanced: Tensor, target: float | Tensor) -> Tensor:
    """Return the mean squared distance of the local brightness to a wanted one in [0, 1]."""
    return (_cell_means(enhanced, EXPOSURE_CELL_PX) - target).square().mean()


def colour_loss(enhanced: Tensor) -> Tensor:
    """Return how far apart the mean red, green and blue are, as the public code has it: fourth powers under a root."""
    red, green, blue = enhanced.float().mean(dim=(2, 3)).unbind(dim=1)
    apart = torch.stack([red - green, red - blue, green - blue])
    return (apart.pow(4).sum(dim=0) + COLOUR_ROOT_FLOOR).sqrt().mean()


def smoothness_loss(curves: Tensor) -> Tensor:
    """Return the total variation of the curve parameters: squared steps, summed over channels, averaged over pixels."""
    curves = curves.float()
    count, _, height, width = curves.shape
    down = (curves[:, :, 1:] - curves[:, :, :-1]).square().sum() / ((height - 1) * width)
    across = (curves[:, :, :, 1:] - curves[:, :, :, :-1]).square().sum() / (height * (width - 1))
    return 2 * (down + across) / count


def _cell_means(images: Tensor, side: int) -> Tensor:
    return functional.avg_pool2d(images.float().mean(dim=1, keepdim=True), side)


def _neighbour_differences(cells: Tensor) -> Tensor:
    """Return (N, 4, h, w): each cell less its left, right, upper and lower neighbour."""
    framed = functional.pad(cells, (1, 1, 1, 1))
    inner_rows, inner_columns = framed[:, :, 1:-1], framed[:, :, :, 1:-1]
    neighbours = [inner_rows[..., :-2], inner_rows[..., 2:], inner_columns[:, :, :-2], inner_columns[:, :, 2:]]
    return cells - torch.cat(neighbours, dim=1)
