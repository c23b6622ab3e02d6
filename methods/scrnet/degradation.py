"""How SCR-Net's grey training pairs are made here: a good confocal image as a bad microscope would have taken it.

The published degradation imitates a cataract in front of the retina; this one imitates what spoils corneal confocal
images: defocus, stray light, uneven light, and noise of the few photons. Values are redrawn for every image, each
evenly from a range (min, max). Everything is on the device of the images, all randomness from the given generator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

# Half the side of a Gaussian window in its largest standard deviations.
WINDOW_REACH_SDS = 3


def degrade(clear: Tensor, ranges: Mapping[str, Sequence[float]], random: torch.Generator) -> Tensor:
    """Return (N, 1, H, W) in [0, 1]: the images ``clear``, of the same shape and range, spoilt.

    Args:
        clear: Good images.
        ranges: (min, max) of: ``defocus``, the standard deviation of the blur, pixels; ``haze``, stray light, share of
            the image's mean; ``gain``; ``unevenness``, the standard deviation of the logarithm of the light;
            ``light_scale``, pixels in which the light changes; ``shot``, the noise variance per brightness; ``read``,
            the standard deviation of the noise in the dark; ``noise_blur``, that of the noise's correlation, pixels.
        random: CPU generator.
    """
    count = len(clear)

    def draw(name: str) -> Tensor:
        low, high = ranges[name]
        drawn = low + (high - low) * torch.rand(count, generator=random)
        return drawn.to(clear.device)[:, None, None, None]

    blurred = gaussian_blur(clear, draw("defocus"))
    veiled = blurred + draw("haze") * clear.mean(dim=(2, 3), keepdim=True)
    lit = draw("gain") * veiled * torch.exp(draw("unevenness") * draw_light_field(clear, ranges["light_scale"], random))
    noise = torch.randn(clear.shape, generator=random).to(clear.device)
    noise = _standardise(gaussian_blur(noise, draw("noise_blur")))
    spread = (draw("shot") * lit + draw("read").square()).sqrt()
    return (lit + spread * noise).clamp(0, 1)


def gaussian_blur(images: Tensor, sd: Tensor) -> Tensor:
    """Blur each of (N, 1, H, W) by its own standard deviation, (N, 1, 1, 1) in pixels; borders are repeated."""
    reach = max(int(WINDOW_REACH_SDS * float(sd.max()) + 0.5), 1)
    offsets = torch.arange(-reach, reach + 1, device=images.device)
    weights = torch.exp(-offsets.square() / (2 * sd.clamp(min=1e-3).square()))
    weights = weights / weights.sum(dim=3, keepdim=True)
    with torch.autocast(images.device.type, enabled=False):
        padded = functional.pad(images.float(), (reach, reach, reach, reach), mode="replicate").transpose(0, 1)
        rows = functional.conv2d(padded, weights, groups=len(images))
        return functional.conv2d(rows, weights.transpose(2, 3), groups=len(images)).transpose(0, 1)


def draw_light_field(images: Tensor, scale: Sequence[float], random: torch.Generator) -> Tensor:
    """Draw a smooth field for each of (N, 1, H, W), of mean 0 and standard deviation 1.

    ``scale`` is (min, max) of the distance over which it changes, pixels; one draw for the whole batch.
    """
    height, width = images.shape[-2:]
    step = scale[0] + (scale[1] - scale[0]) * float(torch.rand((), generator=random))
    nodes = tuple(max(round(extent / step), 1) + 1 for extent in (height, width))
    coarse = torch.randn(len(images), 1, *nodes, generator=random).to(images.device)
    return _standardise(functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True))


def _standardise(fields: Tensor) -> Tensor:
    mean, sd = fields.mean(dim=(2, 3), keepdim=True), fields.std(dim=(2, 3), keepdim=True)
    return (fields - mean) / sd.clamp(min=1e-6)
