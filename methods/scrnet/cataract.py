"""SCR-Net's published pairs: a good fundus photograph as it would look through a cataract.

A cataract blurs and veils: light scattered by the lens is added, the more the farther from a centre, and contrast,
brightness and saturation change. Constants are the public code's. All randomness comes from the given generator.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from sspbench import compute_luminances

# Share of the photograph's own light that passes the lens.
TRANSMISSION = 0.8
# Sides of the window that blurs, one is drawn.
BLUR_SIDES_PX = (1, 3, 5, 7)
# Its standard deviation: much wider than the window, which is nearly a box.
BLUR_SIGMA_PX = (10.0, 30.0)
# Strength of the scattered light at the farthest pixel.
VEIL = (0.6, 0.8)
# Largest distance of the veil's centre from the image's, in sides.
CENTRE_SHIFT = 0.3
# Factors applied at the end, in this order: around the mean luminance, on all values, around each luminance.
CONTRAST, BRIGHTNESS, SATURATION = (0.9, 1.3), (0.9, 1.0), (0.9, 1.3)


def add_cataract(clear: Tensor, view: Tensor, random: torch.Generator) -> Tensor:
    """Return (N, 3, H, W) RGB photographs in [0, 1] as through a cataract, 0 outside the field of view.

    ``view`` is (N, 1, H, W) of 0 and 1; ``random`` draws on the CPU.
    """
    count = len(clear)

    def draw(low: float, high: float) -> Tensor:
        drawn = low + (high - low) * torch.rand(count, generator=random)
        return drawn.to(clear.device)[:, None, None, None]

    blurred = _blur_each(clear, draw(*BLUR_SIGMA_PX), random)
    veil = draw(*VEIL) * _measure_distances(clear, draw(-CENTRE_SHIFT, CENTRE_SHIFT), draw(-CENTRE_SHIFT, CENTRE_SHIFT))
    hazy = (TRANSMISSION * blurred + veil * (clear.amax(dim=(2, 3), keepdim=True) - blurred)).clamp(0, 1)
    mean = compute_luminances(hazy).mean(dim=(2, 3), keepdim=True)
    hazy = (mean + draw(*CONTRAST) * (hazy - mean)).clamp(0, 1) * draw(*BRIGHTNESS)
    grey = compute_luminances(hazy)
    return (grey + draw(*SATURATION) * (hazy - grey)).clamp(0, 1) * view


def _blur_each(images: Tensor, sigma: Tensor, random: torch.Generator) -> Tensor:
    """Blur each image by a Gaussian that is cut off at a window that fits it."""
    sides = torch.tensor(BLUR_SIDES_PX)[torch.randint(len(BLUR_SIDES_PX), (len(images),), generator=random)]
    return torch.cat([_blur(image[None], int(side), sd) for image, side, sd in zip(images, sides, sigma, strict=True)])


def _blur(image: Tensor, side: int, sigma: Tensor) -> Tensor:
    reach = side // 2
    offsets = torch.arange(-reach, reach + 1, device=image.device)
    weights = torch.exp(-offsets.square() / (2 * sigma.flatten().square()))
    kernel = torch.outer(weights, weights) / weights.sum().square()
    padded = functional.pad(image, (reach,) * 4, mode="replicate").transpose(0, 1)
    return functional.conv2d(padded, kernel[None, None]).transpose(0, 1)


def _measure_distances(images: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Return each pixel's distance from a shifted centre, (N, 1, H, W), smoothed, the largest of an image being 1."""
    height, width = images.shape[-2:]
    y = torch.arange(height, device=images.device)[:, None] - (0.5 + down) * height
    x = torch.arange(width, device=images.device) - (0.5 + right) * width
    distances = functional.avg_pool2d(torch.hypot(y, x), 5, stride=1, padding=2, count_include_pad=False)
    return distances / distances.amax(dim=(2, 3), keepdim=True)
