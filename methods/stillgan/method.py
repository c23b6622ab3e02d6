"""StillGAN: two-way unpaired translation with illumination and structure terms (Ma et al., IEEE TMI 40(12), 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sspbench import Faults, PatchGAN, TwoWayGAN

from .losses import draw_structure_noise, illumination_loss, structure_loss
from .networks import Generator


class StillGAN(TwoWayGAN):
    """A CycleGAN whose generators are residual U-Nets, with two more terms."""

    def build(self) -> None:
        """Create the networks.

        Raises:
            UserError: depth, region and patches do not fit the training images.
        """
        _check_sizes(self.params)
        self.base = max(round(64 * self.params["width"]), 1)
        if self.params["inference_side"] is None:
            self.multiple = 2 ** self.params["depth"]
        super().build()

    def new_generator(self) -> nn.Module:
        """Return a residual U-Net."""
        return Generator(self.channels, self.base, self.params["depth"])

    def new_discriminator(self) -> nn.Module:
        """Return a 70 x 70 PatchGAN."""
        return PatchGAN(self.channels, self.base)

    def extra_terms(self, low: Tensor, high: Tensor, fake_low: Tensor, fake_high: Tensor) -> dict[str, Tensor]:
        """Even light in the enhanced image, and in both directions the local correlation with the input."""
        return {
            "illumination": self._illumination_loss(fake_high),
            "structure": self._structure_loss(high, fake_low) + self._structure_loss(low, fake_high),
        }

    def _illumination_loss(self, images: Tensor) -> Tensor:
        roi, patches = self.params["roi"], self.params["patches"]
        return torch.stack([illumination_loss(images, patch, roi) for patch in patches]).sum()

    def _structure_loss(self, first: Tensor, second: Tensor) -> Tensor:
        roi = self.params["roi"]
        return structure_loss(first, second, draw_structure_noise(first, roi, self.random), roi)


def _check_sizes(params: Mapping[str, Any]) -> None:
    batches, roi, multiple = params["batches"], params["roi"], 2 ** params["depth"]
    side = batches["crop"] or batches["resize"]
    with Faults("StillGAN's sizes do not fit each other") as faults:
        if side is not None and side % multiple:
            faults.add(
                f"training images of side {side} are not a multiple of {multiple}", hint="change depth or batches"
            )
        if side is not None and side < roi:
            faults.add(f"roi {roi} is larger than the training images of side {side}", hint="lower roi")
        for patch in params["patches"]:
            if roi % patch:
                faults.add(f"patches of {patch} do not tile the roi of {roi}", hint="let roi be a multiple of them")
        if params["inference_side"] is not None and params["inference_side"] % multiple:
            side = params["inference_side"]
            faults.add(f"inference_side {side} is not a multiple of {multiple}", hint="give one that is, or null")
