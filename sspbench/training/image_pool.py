"""The image pool of CycleGAN-like training: a history of fakes shown to a discriminator (Shrivastava et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor


class ImagePool:
    """Keeps up to ``size`` images.

    While the pool fills, an image is stored and returned. Afterwards, with probability 1/2, a random stored image is
    returned and replaced by the current one; else the current one is returned. ``size`` 0 returns the images as they
    are.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.images: list[Tensor] = []

    def query(self, images: Tensor, random: torch.Generator) -> Tensor:
        """Exchange (N, C, H, W) fakes, detached, one by one with the pool; ``random`` decides on the CPU."""
        return torch.stack([self._exchange(image, random) for image in images.detach()])

    def _exchange(self, image: Tensor, random: torch.Generator) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if self.size == 0 or float(torch.rand((), generator=random)) <= 0.5:
            return image
        index = int(torch.randint(self.size, (), generator=random))
        stored, self.images[index] = self.images[index], image.clone()
        return stored
