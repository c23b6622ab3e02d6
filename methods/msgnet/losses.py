"""MSG-Net's training loss: content at one VGG16 layer, style as Gram matrices of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor
from torch.nn import functional

from .networks import gram

CONTENT_LAYER = "relu2_2"
STYLE_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


def content_loss(output: Mapping[str, Tensor], content: Mapping[str, Tensor]) -> Tensor:
    """Mean squared difference of the content layer's maps."""
    return functional.mse_loss(output[CONTENT_LAYER], content[CONTENT_LAYER])


def style_losses(
    output: Mapping[str, Tensor], style: Mapping[str, Tensor], layers: Sequence[str] = STYLE_LAYERS
) -> list[Tensor]:
    """Mean squared difference of the Gram matrices, one value a layer, unweighted.

    Args:
        output: Maps of the N rendered pictures.
        style: Maps of one style picture, or of N.
        layers: Layers compared.
    """
    targets = {layer: gram(style[layer]) for layer in layers}
    grams = {layer: gram(output[layer]) for layer in layers}
    return [functional.mse_loss(grams[k], targets[k].expand_as(grams[k])) for k in layers]
