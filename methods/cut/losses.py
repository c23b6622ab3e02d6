"""PatchNCE: a patch of the output must be recognisable as the input's patch at the same place (Park et al. 2020)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

TEMPERATURE = 0.07


def patch_nce(queries: Tensor, keys: Tensor, batch: int) -> Tensor:
    """Return the loss of each row: cross-entropy of finding a query's own key among all keys of its image.

    The public code adds the own key once more as a class whose logit is -10 / 0.07: nothing in float32.

    Args:
        queries: (batch * P, D) normalised rows, image by image.
        keys: The same shape; detached here.
        batch: Number of images; 1 takes the negatives from all rows.

    Returns:
        (batch * P,) float32.
    """
    grouped, known = (rows.float().view(batch, -1, rows.shape[-1]) for rows in (queries, keys.detach()))
    logits = grouped @ known.transpose(1, 2) / TEMPERATURE
    own = torch.arange(logits.shape[1], device=logits.device).repeat(batch)
    return functional.cross_entropy(logits.flatten(0, 1), own, reduction="none")
