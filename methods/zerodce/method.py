"""Zero-DCE: brightness curves learned from low-quality images alone (Guo et al., CVPR 2020)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from sspbench import TrainableMethod, find_views

from .losses import colour_loss, exposure_loss, smoothness_loss, spatial_loss
from .networks import CurveNetwork, init_weights


class ZeroDCE(TrainableMethod):
    """One small network; no partner domain, but for the mean brightness of good images where that is the target."""

    @property
    def learns_from(self) -> tuple[Literal["low", "high"], ...]:
        """Low-quality images; high-quality ones too where their brightness is the target."""
        return ("low",) if self.params["exposure"] is not None else ("low", "high")

    def build(self) -> None:
        """Create the network and Adam with weight decay at a constant rate."""
        params = self.params
        self.network = CurveNetwork(self._network_channels, max(round(32 * params["width"]), 1), params["iterations"])
        init_weights(self.network)
        self.add_network("curves", self.network, keep=True)
        self.add_optimizer(
            "curves",
            torch.optim.Adam,
            self.network.parameters(),
            lambda step: params["lr"],
            weight_decay=params["weight_decay"],
        )

    def training_step(self, low: Tensor, high: Tensor | None = None) -> dict[str, Tensor]:
        """Bend the brightness of low-quality images and descend on the four losses."""
        images = self._repeat_grey(low)
        enhanced, curves = self.network.enhance(images)
        # the loss is quadratic in the target, so the mean over each batch has the gradient of the mean over all
        target = self.params["exposure"] if high is None else self._average_brightness(high)
        losses = {
            "spatial": spatial_loss(enhanced, images),
            "exposure": exposure_loss(enhanced, target),
            "colour": colour_loss(enhanced) if enhanced.shape[1] == 3 else enhanced.new_zeros(()),
            "smoothness": smoothness_loss(curves),
        }
        # the smoothness term sums over channels, and its weight is that of ``in_channels`` of them
        share = self.params["in_channels"] / self._network_channels
        weights = {**self.params["weights"], "smoothness": share * self.params["weights"]["smoothness"]}
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        self.descend(total, "curves", clip=self.params["clip"])
        return {**losses, "total": total}

    def _average_brightness(self, images: Tensor) -> Tensor:
        """Return the mean of (N, C, H, W); of colour photographs, that of their fields of view."""
        if self.channels == 1:
            return images.mean()
        view = find_views(images)
        return (images.mean(dim=1, keepdim=True) * view).sum() / view.sum().clamp(min=1)

    def translate(self, images: Tensor) -> Tensor:
        """Enhance at the native size; for grey images the mean is taken of the channels that come out."""
        enhanced, _ = self.network.enhance(self._repeat_grey(images))
        return enhanced if self.channels == 3 else enhanced.mean(dim=1, keepdim=True)

    @property
    def _network_channels(self) -> int:
        return max(self.channels, self.params["in_channels"])

    def _repeat_grey(self, images: Tensor) -> Tensor:
        """Repeat the channel of grey images as often as the network has inputs: (N, C, H, W)."""
        return images.expand(-1, self._network_channels, -1, -1)
