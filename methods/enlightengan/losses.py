"""EnlightenGAN's own loss: self feature preserving. Images RGB in [-1, 1]."""

from __future__ import annotations

import torch
from torch import Tensor

from sspbench import VGG16, instance_norm


def feature_distance(vgg: VGG16, images: Tensor, targets: Tensor, layer: str = "relu5_1") -> Tensor:
    """Return the self-feature-preserving distance: mean squared difference of instance-normed VGG16 features.

    VGG16 pools after its blocks 1, 2 and 3 only, and no mean is subtracted (with Caffe weights).

    Args:
        vgg: Frozen VGG16.
        images: (N, 3, H, W); gradients flow through these only.
        targets: The same shape.
        layer: Name of the feature map.
    """
    with torch.no_grad():
        wanted = _normalised_features(vgg, targets, layer)
    return (_normalised_features(vgg, images, layer) - wanted).square().mean()


def _normalised_features(vgg: VGG16, images: Tensor, layer: str) -> Tensor:
    bgr = (images.flip(1) + 1) * 127.5
    return instance_norm(vgg(bgr, (layer,), pools=3, centre=False)[layer].float())
