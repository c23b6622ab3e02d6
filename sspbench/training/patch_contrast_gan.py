"""One-way unpaired translation by patchwise contrast (Park et al., ECCV 2020): what CUT and its descendants share.

PatchNCE: a patch of the output must be recognisable as the input's patch at the same place. The sampler describes
patches by the features a generator's encoder gives them; same graph and tensor order as the public ``mlp_sample``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .networks.layers import init_xavier
from .networks.official_weights import list_layer_tensors
from .trainable import TrainableMethod

TEMPERATURE = 0.07
# Added to the length of a patch's description before dividing by it.
NORM_EPS = 1e-7


def patch_nce_loss(queries: Tensor, keys: Tensor, batch: int) -> Tensor:
    """Return the loss of each row: cross-entropy of finding a query's own key among all keys of its image.

    The public code adds the own key once more as a class whose logit is -10 / 0.07: nothing in float32. Queries and
    keys, which are detached here, are (batch * P, D) normalised rows, image by image; a batch of 1 takes the negatives
    from all rows. Returns (batch * P,) float32.
    """
    grouped, known = (rows.float().view(batch, -1, rows.shape[-1]) for rows in (queries, keys.detach()))
    logits = grouped @ known.transpose(1, 2) / TEMPERATURE
    own = torch.arange(logits.shape[1], device=logits.device).repeat(batch)
    return functional.cross_entropy(logits.flatten(0, 1), own, reduction="none")


class PatchSampler(nn.Module):
    """One small perceptron per feature map, by its channels, applied to a few of its positions.

    ``width`` is the length of a description (256 as published).
    """

    def __init__(self, channels: Sequence[int], width: int = 256) -> None:
        super().__init__()
        self.perceptrons = nn.ModuleList(
            nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width)) for count in channels
        )

    def forward(self, maps: Sequence[Tensor], positions: Sequence[Tensor]) -> list[Tensor]:
        """Describe patches of maps, (N, C, H, W) each: per map (N * P, width), of length 1, image by image.

        Positions are (P,) int64 per map, row * W + column, the same for all images of the batch.
        """
        return [
            _normalise_rows(perceptron(features.flatten(2)[:, :, places].transpose(1, 2).flatten(0, 1)))
            for perceptron, features, places in zip(self.perceptrons, maps, positions, strict=True)
        ]

    def official_tensors(self) -> list[Tensor]:
        """Both linear layers (weight, bias) of each perceptron in order."""
        return list_layer_tensors(*(layer for perceptron in self.perceptrons for layer in perceptron.children()))


def _normalise_rows(rows: Tensor) -> Tensor:
    # its gradient at 0 is 0: a square root's is not finite, and all units of a narrow perceptron can be off at a pixel
    return rows / (torch.linalg.vector_norm(rows, dim=1, keepdim=True) + NORM_EPS)


def patch_contrast_loss(
    sampler: nn.Module, queries: Sequence[Tensor], keys: Sequence[Tensor], positions: Sequence[Tensor], batch: int
) -> Tensor:
    """Return the mean loss over the patches of every map, and over the maps.

    Compares feature maps (N, C, H, W) of what was made, ``queries``, with those of what it was made from, at positions
    (P,) int64 per map. The sampler, a :class:`PatchSampler`, learns from the queries alone.
    """
    with torch.no_grad():
        known = sampler(keys, positions)
    asked = sampler(queries, positions)
    return torch.stack([patch_nce_loss(q, k, batch).mean() for q, k in zip(asked, known, strict=True)]).mean()


def draw_patch_positions(maps: Sequence[Tensor], count: int, random: torch.Generator) -> list[Tensor]:
    """Draw up to ``count`` different positions of each (N, C, H, W) map; (P,) int64 per map, on its device."""
    drawn = (torch.randperm(features.shape[-2] * features.shape[-1], generator=random)[:count] for features in maps)
    return [places.to(features.device) for places, features in zip(drawn, maps, strict=True)]


class PatchContrastGAN(TrainableMethod):
    """Networks with an optimiser each, one of them the patch sampler, and the contrast of outputs with their inputs.

    ``params`` have ``lr``, ``betas``, ``schedule: {constant, decay}`` and ``patches``.
    """

    multiple = 8  # 4 as published; 8 leaves instance norm more than one position in images of a few pixels

    def add_trained_network(self, name: str, network: nn.Module, *, keep: bool = False) -> None:
        """Register a network, started as published, and its Adam; ``keep`` those that inference needs."""
        init_xavier(network)
        self.add_network(name, network, keep=keep)
        self.add_decaying_adam(name, network.parameters(), plateau_shift=0, span_shift=1)

    def contrast_loss(self, queries: Sequence[Tensor], keys: Sequence[Tensor], count: int) -> Tensor:
        """Return the contrast of ``count`` outputs with their inputs, from the feature maps (N, C, H, W) of both."""
        return patch_contrast_loss(self.networks["sampler"], queries, keys, self.draw_positions(queries), count)

    def draw_positions(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Draw the places of each map at which patches are compared."""
        return draw_patch_positions(maps, self.params["patches"], self.random)
