"""W-Net as a segmenter of retinal vessels: usually with its public weights, else trained like any other."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sspbench import TrainableSegmenter, find_field_of_view, polynomial_decay

from .networks import SmallUNet

# Channels of the public weights; grey images are repeated.
COLOURS = 3

# Axes along which an image is flipped for the predictions that are averaged.
FLIPS: tuple[tuple[int, ...], ...] = ((), (2,), (3,), (2, 3))


class WNetSegmenter(TrainableSegmenter):
    """Two U-Nets: the second gets the image and the logits of the first."""

    def build(self) -> None:
        """Create both networks and their Adam optimiser.

        They are registered under the names that the public weights have, so ``segmenter_weights`` takes these as they
        are.
        """
        p = self.params
        self.first = self.add_network("unet1", SmallUNet(COLOURS, p["widths"]), keep=True)
        self.second = self.add_network("unet2", SmallUNet(COLOURS + 1, p["widths"]), keep=True)
        parameters = [*self.first.parameters(), *self.second.parameters()]
        schedule = polynomial_decay(p["lr"], p["schedule"]["power"], self.total_steps, self.steps_per_epoch)
        self.add_optimizer("wnet", torch.optim.Adam, parameters, schedule)

    def training_step(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Descend from the cross entropy of both networks."""
        first, second = self._logits(images)
        losses = {
            "first": functional.binary_cross_entropy_with_logits(first, labels),
            "second": functional.binary_cross_entropy_with_logits(second, labels),
        }
        losses["total"] = losses["first"] + losses["second"]
        self.descend(losses["total"], "wnet")
        return losses

    def predict(self, images: Tensor) -> Tensor:
        """Return vessel probabilities of (N, C, H, W) images in [0, 1], same size, 0 outside the field of view."""
        return torch.cat([self._predict_one(image[None]) for image in images])

    def binarise(self, probability: np.ndarray) -> np.ndarray:
        """Threshold an (H, W) uint8 probability map."""
        mask: np.ndarray = probability > 255 * self.params["threshold"]
        return mask

    def _predict_one(self, image: Tensor) -> Tensor:
        """Crop (1, C, H, W) to its field of view, predict at the network's side, and paste the result back."""
        whole = image.new_zeros((1, 1, *image.shape[2:]))
        pixels = (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).cpu().numpy()
        if not pixels.any():
            return whole
        field = find_field_of_view(pixels).mask
        rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
        box = (..., slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        crop = image[box]
        side = self.params["side"]
        resized = functional.interpolate(crop, (side, side), mode="bilinear", align_corners=False)
        mean = torch.stack([self._predict_flipped(resized, axes) for axes in FLIPS]).mean(dim=0)
        back = functional.interpolate(mean, crop.shape[2:], mode="bicubic", align_corners=False)
        whole[box] = back.clamp(0, 1)
        return whole * torch.from_numpy(field).to(whole)

    def _predict_flipped(self, image: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Return the probabilities of a flipped image, flipped back."""
        return torch.sigmoid(self._logits(image.flip(axes))[1]).flip(axes)

    def _logits(self, images: Tensor) -> tuple[Tensor, Tensor]:
        images = images.expand(-1, COLOURS, -1, -1)
        first = self.first(images)
        return first, self.second(torch.cat([images, first], dim=1))
