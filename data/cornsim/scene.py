"""One simulated frame: the clean layer, its nerve mask and the picture taken of it, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from . import background, nerves
from .degradation import photograph_layer
from .parameters import HIGH_ANATOMY, HIGH_IMAGING, LOW_ANATOMY, LOW_IMAGING, Anatomy

Quality = Literal["low", "high"]

CONDITIONS_BY_QUALITY = {"low": (LOW_ANATOMY, LOW_IMAGING), "high": (HIGH_ANATOMY, HIGH_IMAGING)}


@dataclass(frozen=True)
class Frame:
    """A simulated frame.

    Attributes:
        image: What the microscope shows, (size, size) uint8.
        clean: The same layer in focus, evenly lit and without noise, (size, size) uint8.
        label: Where the nerves run, (size, size) uint8: 255 nerve, 0 background.
        high: The same layer photographed at high quality, (size, size) uint8; None where it was not asked for.
    """

    image: np.ndarray
    clean: np.ndarray
    label: np.ndarray
    high: np.ndarray | None = None


def scale_anatomy(dose: float) -> Anatomy:
    """Return the anatomy of low-quality images with ``dose`` times as many trunks and dendritic cells.

    Branches leave the trunks at the same rate, so that the length of all nerves grows with the dose.
    """
    anatomy = LOW_ANATOMY
    low, high = anatomy.trunks
    few, many = anatomy.dendritic_cells
    return replace(anatomy, trunks=(dose * low, dose * high), dendritic_cells=(dose * few, dose * many))


def simulate_frame(
    rng: np.random.Generator,
    size: int,
    quality: Quality,
    second: np.random.Generator | None = None,
    layer: Anatomy | None = None,
) -> Frame:
    """Simulate one frame of ``size`` x ``size`` pixels.

    Args:
        rng: Source of randomness of the scene and of its picture.
        size: Side in pixels.
        quality: Anatomy and imaging conditions.
        second: Source of randomness of a second picture, of the same scene under the imaging conditions of high
            quality; its own, so that the first picture does not depend on whether there is a second.
        layer: Anatomy to show instead of the quality's own.
    """
    anatomy, imaging = CONDITIONS_BY_QUALITY[quality]
    anatomy = layer or anatomy
    fibres = nerves.grow_fibres(rng, size, anatomy)
    tissue = background.draw_tissue(rng, size, anatomy)
    clean = tissue + _add_grain(
        tissue, nerves.render_fibres(fibres, size) + background.draw_dendritic_cells(rng, size, anatomy)
    )
    image = photograph_layer(rng, _saturate(clean), imaging)
    high = None if second is None else photograph_layer(second, _saturate(clean), HIGH_IMAGING)
    return Frame(
        image=_round_to_uint8(_saturate(image)),
        clean=_round_to_uint8(_saturate(clean)),
        label=nerves.mask_fibres(fibres, size).astype(np.uint8) * np.uint8(255),
        high=None if high is None else _round_to_uint8(_saturate(high)),
    )


def _add_grain(tissue: np.ndarray, structures: np.ndarray) -> np.ndarray:
    """Give structures half of the grain of the tissue they lie in."""
    return structures * (0.5 + 0.5 * tissue / np.median(tissue))


def _saturate(brightness: np.ndarray, knee: float = 190.0) -> np.ndarray:
    """Leave grey levels under ``knee`` as they are and bring all above softly under 255."""
    room = 255.0 - knee
    above = np.maximum(brightness - knee, 0.0)
    return np.where(brightness > knee, knee + room * (1.0 - np.exp(-above / room)), brightness)


def _round_to_uint8(brightness: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(brightness, 0.0, 255.0)).astype(np.uint8)
