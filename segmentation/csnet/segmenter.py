"""CS-Net as a segmenter: trained on high-quality images with nerve labels, then frozen."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sspbench import TrainableSegmenter, polynomial_decay

from .augmentation import augment
from .losses import segmentation_losses
from .networks import CSNet
from .otsu import find_otsu_threshold


class CSNetSegmenter(TrainableSegmenter):
    """CS-Net with its own loss, schedule, augmentation and Otsu's threshold."""

    multiple = 16

    def build(self) -> None:
        """Create the network and its Adam optimiser."""
        p = self.params
        self.network = self.add_network("csnet", CSNet(p["base"], self.channels), keep=True)
        schedule = polynomial_decay(p["lr"], p["schedule"]["power"], self.total_steps, self.steps_per_epoch)
        decay = p["weight_decay"]
        self.add_optimizer("csnet", torch.optim.Adam, self.network.parameters(), schedule, weight_decay=decay)

    def training_step(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Augment, predict, and descend from MSE plus soft Dice."""
        p = self.params
        images, labels = augment(
            images,
            labels,
            rotation=p["rotation"],
            chance=p["enhance_chance"],
            factor=p["enhance_factor"],
            generator=self.random,
        )
        losses = segmentation_losses(self.network(images), labels)
        self.descend(losses["total"], "csnet")
        return losses

    def predict(self, images: Tensor) -> Tensor:
        """Return nerve probabilities of (N, C, H, W) images in [0, 1]; H and W divisible by 16."""
        return self.network(images)

    def binarise(self, probability: np.ndarray) -> np.ndarray:
        """Threshold an (H, W) uint8 probability map as ``threshold`` says; see :func:`threshold_probability`."""
        return threshold_probability(probability, self.params["threshold"])


def threshold_probability(probability: np.ndarray, threshold: str | float) -> np.ndarray:
    """Return the (H, W) bool mask of an (H, W) uint8 probability map: values above the threshold.

    Args:
        probability: Probability x 255, rounded.
        threshold: ``"otsu"`` for Otsu's threshold of this map (a constant map is all background), or a probability.

    >>> threshold_probability(np.array([[0, 10], [240, 250]], np.uint8), "otsu").tolist()
    [[False, False], [True, True]]
    """
    if threshold == "otsu":
        return probability > find_otsu_threshold(probability)
    return probability > 255 * float(threshold)
