"""Batches as a pure function of (seed, step): which images, which crops, which flips.

Nothing here has state, so a run resumed at step ``t`` sees what an uninterrupted one would have seen. Decoded images
stay in memory as uint8.

The ``batches`` section of a plugin's ``params``:

===========  =========================================================================================
``size``     images per batch (pairs, for unpaired training)
``resize``   side to which every image is brought first (bicubic), or null
``crop``     side of a random crop, or null for whole images
``order``    LQ images: ``shuffled`` (reshuffled each epoch) or ``sequential``
``partner``  HQ images: ``random`` (with replacement), ``modulo`` (image i goes with i mod their number),
             ``cycle`` (one HQ image per batch, batch b takes b mod their number)
``flips``    list of ``horizontal``, ``vertical``: independent coins per image, probability 1/2
``ragged``   true: the last batch of an epoch may be smaller; false: it is filled from the epoch's start
===========  =========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...contract import ColorMode, DomainName
from ...errors import Faults, UserError
from ...images.pictures import read_picture, to_planes
from ...plugins.discovery import load_training_parameters
from ...plugins.schemas import add_faults, find_faults

# A crop whose grey standard deviation is below this many levels (of 255) is drawn again.
MIN_CROP_SD_LEVELS = 1.0

MAX_CROP_DRAWS = 10

_STREAM_KEYS = {"order": 1, "partner": 2, "low": 3, "high": 4, "torch": 5}


def rng_for(seed: int, purpose: str, index: int) -> np.random.Generator:
    """Return the generator of one purpose (``order``, ``partner``, ``low``, ``high``, ``torch``) at one index."""
    return np.random.default_rng([seed, _STREAM_KEYS[purpose], index])


@dataclass(frozen=True)
class BatchPlan:
    """The ``batches`` section, with its defaults (module docstring)."""

    size: int
    resize: int | None = None
    crop: int | None = None
    order: str = "shuffled"
    partner: str = "random"
    flips: Sequence[str] = ()
    ragged: bool = False

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> BatchPlan:
        """Read ``params["batches"]``.

        Raises:
            UserError: the section is missing, or its schema (``schemas/training.yaml``) refuses it.
        """
        declared = {**load_training_parameters()["properties"]["batches"], "required": ["size"]}
        with Faults("The section `batches` of the params is not valid") as faults:
            add_faults(find_faults(params.get("batches"), declared, noun="parameter"), "batches", faults, separator=".")
        return cls(**params["batches"])


def load_domain_images(
    paths: Sequence[Path], plan: BatchPlan, what: str, color: ColorMode = "grey"
) -> list[np.ndarray]:
    """Decode the images of a domain, (H, W) or (H, W, 3) uint8, resized if the plan says so.

    Raises:
        UserError: there are none, they are smaller than the crop, or differ in size while no crop is set.
    """
    if not paths:
        raise UserError(f"No {what} images to train on", hint="look at the prepared data: doctor data DIR")
    images = [_resize_to(read_picture(path, color), plan.resize) for path in paths]
    sizes = {image.shape[:2] for image in images}
    if plan.crop is None and len(sizes) > 1:
        raise UserError(f"The {what} images differ in size", why=str(sorted(sizes)), hint="set batches.crop or .resize")
    smallest = min(min(shape) for shape in sizes)
    if plan.crop is not None and smallest < plan.crop:
        raise UserError(
            f"A {what} image is smaller than the training crop",
            why=f"smallest side {smallest}, batches.crop {plan.crop}",
            hint=f"set batches.crop to {smallest // 32 * 32} or less",
        )
    return images


def _resize_to(image: np.ndarray, side: int | None) -> np.ndarray:
    if side is None or image.shape[:2] == (side, side):
        return image
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


class Domain:
    """Images of one domain (with labels, for a segmenter) and how crops are cut from them."""

    def __init__(self, plan: BatchPlan, images: list[np.ndarray], labels: list[np.ndarray] | None = None) -> None:
        self.plan = plan
        self.layers = [images] if labels is None else [images, labels]

    def __len__(self) -> int:
        return len(self.layers[0])

    def draw_crops(self, indices: np.ndarray, random: np.random.Generator) -> list[np.ndarray]:
        """Return, for each layer, (N, C, h, w) uint8: crops and flips of the images at ``indices``."""
        pieces = [self._draw_crop(int(index), random) for index in indices]
        return [
            np.ascontiguousarray(np.stack([to_planes(piece[layer]) for piece in pieces]))
            for layer in range(len(self.layers))
        ]

    def _draw_crop(self, index: int, random: np.random.Generator) -> list[np.ndarray]:
        image = self.layers[0][index]
        for _ in range(MAX_CROP_DRAWS):
            window = self._draw_window(image.shape[:2], random)
            if self.plan.crop is None or image[window].std() >= MIN_CROP_SD_LEVELS:
                break
        pieces = [layer[index][window] for layer in self.layers]
        for axis, name in ((1, "horizontal"), (0, "vertical")):
            if name in self.plan.flips and random.random() < 0.5:
                pieces = [np.flip(piece, axis) for piece in pieces]
        return pieces

    def _draw_window(self, shape: tuple[int, int], random: np.random.Generator) -> tuple[slice, slice]:
        side = self.plan.crop
        if side is None:
            return slice(None), slice(None)
        top, left = (int(random.integers(0, extent - side + 1)) for extent in shape)
        return slice(top, top + side), slice(left, left + side)


class Batches:
    """A source of batches; ``batch(step)`` is a pure function."""

    def __init__(self, plan: BatchPlan, seed: int, length: int) -> None:
        self.plan, self.seed, self.length = plan, seed, length

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which every image is seen once."""
        return -(-self.length // self.plan.size)

    def positions_at_step(self, step: int) -> np.ndarray:
        """Return the positions in the epoch's order that step ``step`` takes."""
        epoch, batch = divmod(step, self.steps_per_epoch)
        order = np.arange(self.length)
        if self.plan.order == "shuffled":
            order = rng_for(self.seed, "order", epoch).permutation(self.length)
        start = batch * self.plan.size
        if self.plan.ragged:
            return order[start : start + self.plan.size]
        return order[np.arange(start, start + self.plan.size) % self.length]

    def batch(self, step: int) -> tuple[Tensor, ...]:
        """Return the uint8 tensors of a step."""
        raise NotImplementedError


class UnpairedBatches(Batches):
    """LQ and HQ batches. An epoch is as long as the longer domain, or, with ``partner: cycle``, as the LQ domain."""

    def __init__(self, plan: BatchPlan, seed: int, low: Domain, high: Domain) -> None:
        super().__init__(plan, seed, len(low) if plan.partner == "cycle" else max(len(low), len(high)))
        self.low, self.high = low, high

    def batch(self, step: int) -> tuple[Tensor, ...]:
        """Return (low, high), each (N, C, h, w) uint8."""
        positions = self.positions_at_step(step)
        if self.plan.partner == "random":
            partners = rng_for(self.seed, "partner", step).integers(0, len(self.high), len(positions))
        elif self.plan.partner == "modulo":
            partners = positions % len(self.high)
        else:
            partners = np.array([step % self.steps_per_epoch % len(self.high)])
        low = self.low.draw_crops(positions % len(self.low), rng_for(self.seed, "low", step))
        high = self.high.draw_crops(partners, rng_for(self.seed, "high", step))
        return torch.from_numpy(low[0]), torch.from_numpy(high[0])


class DomainBatches(Batches):
    """Images of one domain, with their labels where there are any. An epoch sees each of them once."""

    def __init__(self, plan: BatchPlan, seed: int, domain: Domain) -> None:
        super().__init__(plan, seed, len(domain))
        self.domain = domain

    def batch(self, step: int) -> tuple[Tensor, ...]:
        """Return (images,) or (images, labels): (N, C, h, w) and (N, 1, h, w) uint8; labels are 0 or 255."""
        layers = self.domain.draw_crops(self.positions_at_step(step), rng_for(self.seed, "high", step))
        return tuple(torch.from_numpy(layer) for layer in layers)


def make_batches(plan: BatchPlan, seed: int, domains: Mapping[DomainName, Domain]) -> Batches:
    """Return the batches of a method that learns from the named domains: ``low``, ``high`` or both."""
    if len(domains) == 1:
        return DomainBatches(plan, seed, *domains.values())
    return UnpairedBatches(plan, seed, domains["low"], domains["high"])
