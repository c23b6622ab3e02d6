"""CS-Net's augmentation of confocal images: rotation, and now and then another brightness, contrast or sharpness."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from sspbench import LUMA_WEIGHTS

# The blur that sharpness blends with, as in Pillow.
SMOOTHING_KERNEL = torch.tensor([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13


def augment(
    images: Tensor, labels: Tensor, *, rotation: int, chance: float, factor: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Rotate images with their labels and enhance some of the images.

    Args:
        images: (N, C, H, W) in [0, 1], grey or RGB.
        labels: (N, 1, H, W), 0 or 1.
        rotation: Largest rotation in whole degrees; 0 for none.
        chance: Share of images whose brightness, colour, contrast or sharpness changes.
        factor: The change's factor is uniform in ``-factor..factor``; 1 changes nothing, below 0 inverts.
        generator: Source of all randomness, on the CPU.
    """
    pairs = []
    for image, label in zip(images, labels, strict=True):
        turned, turned_label = image, label
        if rotation:
            degrees = int(torch.randint(-rotation, rotation + 1, (), generator=generator))
            turned, turned_label = (_rotate_nearest(part, degrees) for part in (image, label))
        if torch.rand((), generator=generator) < chance:
            kind = int(torch.randint(4, (), generator=generator))
            amount = float(torch.rand((), generator=generator) * 2 - 1) * factor
            turned = (adjust_brightness, adjust_saturation, adjust_contrast, adjust_sharpness)[kind](turned, amount)
        pairs.append((turned, turned_label))
    return torch.stack([image for image, _ in pairs]), torch.stack([label for _, label in pairs])


def _rotate_nearest(image: Tensor, degrees: int) -> Tensor:
    from torchvision.transforms.functional import InterpolationMode, rotate  # seconds: only where it is used

    return rotate(image, degrees, InterpolationMode.NEAREST, fill=[0.0])


def adjust_brightness(image: Tensor, factor: float) -> Tensor:
    """Scale a (C, H, W) image in [0, 1] and clip."""
    return (image * factor).clamp(0, 1)


def _luminance(image: Tensor) -> Tensor:
    if len(image) == 1:
        return image
    return torch.einsum("chw,c->hw", image, image.new_tensor(LUMA_WEIGHTS))[None]


def adjust_saturation(image: Tensor, factor: float) -> Tensor:
    """Stretch a (3, H, W) image in [0, 1] around its luminance and clip; nothing changes on a (1, H, W) image."""
    if len(image) == 1:
        return image
    grey = _luminance(image)
    return (grey + factor * (image - grey)).clamp(0, 1)


def adjust_contrast(image: Tensor, factor: float) -> Tensor:
    """Stretch a (C, H, W) image in [0, 1] around the mean of its luminance and clip."""
    mean = _luminance(image).mean()
    return (mean + factor * (image - mean)).clamp(0, 1)


def adjust_sharpness(image: Tensor, factor: float) -> Tensor:
    """Blend a (C, H, W) image in [0, 1] with its 3 x 3 blur (the border is not blurred) and clip."""
    smooth = image.clone()
    smooth[:, 1:-1, 1:-1] = functional.conv2d(image[:, None], SMOOTHING_KERNEL.to(image)[None, None])[:, 0]
    return (smooth + factor * (image - smooth)).clamp(0, 1)
