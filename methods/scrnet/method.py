"""SCR-Net: learns restoration on good images that it degrades, from their high frequencies (Li et al., MICCAI 2022)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from sspbench import TrainableMethod, find_views, init_normal

from .cataract import add_cataract
from .degradation import degrade
from .frequency import high_frequency, mask_outside_view
from .networks import Generator


class SCRNet(TrainableMethod):
    """One generator, taught by pairs that it makes of high-quality images; it never sees a low-quality one."""

    @property
    def learns_from(self) -> tuple[Literal["low", "high"], ...]:
        """High-quality images alone."""
        return ("high",)

    def build(self) -> None:
        """Create the generator and its optimiser."""
        params = self.params
        self.generator = Generator(self.channels, max(round(64 * params["width"]), 1), params["depth"])
        init_normal(self.generator)
        self.add_network("generator", self.generator, keep=True)
        self.add_decaying_adam("generator", self.generator.parameters(), plateau_shift=-1, span_shift=1)
        self.multiple = 2 ** params["depth"]

    def training_step(self, high: Tensor) -> dict[str, Tensor]:
        """Degrade good images, restore them and descend on the distance to what they were."""
        view = self._find_view(high)
        if view is None:
            spoilt = degrade(high, self.params["degradation"], self.random)
        else:
            spoilt = add_cataract(high, view, self.random)
        detail, image = self.generator(high_frequency(2 * spoilt - 1, view))
        losses = restoration_losses(detail, image, 2 * high - 1, view)
        weights = self.params["weights"]
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        self.descend(total, "generator")
        return {**losses, "total": total}

    def translate(self, images: Tensor) -> Tensor:
        """Draw the image that belongs to the high-frequency part of the given one, at the native size."""
        view = self._find_view(images)
        image: Tensor = self.generator(high_frequency(2 * images - 1, view))[1]
        return (mask_outside_view(image, view) + 1) / 2

    def _find_view(self, images: Tensor) -> Tensor | None:
        """Return the field of view of colour photographs; grey images, confocal ones, fill their frame."""
        return find_views(images) if self.channels == 3 else None


def restoration_losses(detail: Tensor, image: Tensor, clear: Tensor, view: Tensor | None = None) -> dict[str, Tensor]:
    """Return the mean absolute differences by name; all images are (N, C, H, W) in [-1, 1].

    ``image`` and ``detail``, drawn image and high-frequency part, are each compared with the clear image's;
    ``agreement`` compares the drawn image's own high-frequency part with the drawn one, which holds still: this term
    teaches the image alone. Nothing outside the field of view, (N, 1, H, W) of 0 and 1, counts; None: the whole image.
    """
    detail, image, clear = (mask_outside_view(drawn.float(), view) for drawn in (detail, image, clear))
    return {
        "image": functional.l1_loss(image, clear),
        "detail": functional.l1_loss(detail, high_frequency(clear, view)),
        "agreement": functional.l1_loss(high_frequency(image, view), detail.detach()),
    }
