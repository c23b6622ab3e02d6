"""CS-Net as a segmenter: trained on high-quality images with nerve labels, then frozen."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sspbench import TrainableSegmenter, polynomial_decay

from .augmentation import augment
from .networks import CSNet

# Added to both sides of the Dice fraction; an empty pair of masks scores 1.
DICE_SMOOTHING = 1e-4


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

    The threshold is a probability, or ``"otsu"`` for Otsu's of this map (a constant map is all background).

    >>> threshold_probability(np.array([[0, 10], [240, 250]], np.uint8), "otsu").tolist()
    [[False, False], [True, True]]
    """
    if threshold == "otsu":
        return probability > find_otsu_threshold(probability)
    return probability > 255 * float(threshold)


def find_otsu_threshold(levels: np.ndarray) -> int:
    """Return the level t at which ``levels <= t`` and ``levels > t`` have the largest variance between them (Otsu).

    Levels are (H, W) uint8, of fewer than 2**24 pixels; of a constant map the level itself is returned. scikit-image
    has it too, but its import costs each segmenting job more than the job itself.

    >>> find_otsu_threshold(np.array([[0, 10], [240, 250]], np.uint8))
    10
    """
    low, high = int(levels.min()), int(levels.max())
    if low == high:
        return low
    # float32, as in scikit-image: where two thresholds are equal to rounding, both libraries take the same one.
    counts = np.bincount(levels.ravel(), minlength=high + 1)[low:].astype(np.float32)
    sums = np.cumsum(counts * np.arange(low, high + 1))
    below = np.cumsum(counts)
    total, total_sum, below, sums = below[-1], sums[-1], below[:-1], sums[:-1]
    above = total - below
    between = below * above * (sums / below - (total_sum - sums) / above) ** 2
    return low + int(np.argmax(between))


def soft_dice_loss(probability: Tensor, label: Tensor) -> Tensor:
    """Return ``1 - mean_i dice_i`` over the images of (N, 1, H, W) tensors in [0, 1].

    >>> import torch
    >>> round(soft_dice_loss(torch.full((1, 1, 2, 2), 0.5), torch.ones(1, 1, 2, 2)).item(), 4)
    0.3333
    """
    p, g = probability.flatten(1), label.flatten(1)
    dice = (2 * (p * g).sum(1) + DICE_SMOOTHING) / (p.sum(1) + g.sum(1) + DICE_SMOOTHING)
    return 1 - dice.mean()


def segmentation_losses(probability: Tensor, label: Tensor) -> dict[str, Tensor]:
    """Both terms and their plain sum, of (N, 1, H, W) tensors in [0, 1]."""
    mse = functional.mse_loss(probability, label)
    dice = soft_dice_loss(probability, label)
    return {"mse": mse, "dice": dice, "total": mse + dice}
