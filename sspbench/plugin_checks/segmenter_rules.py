"""Rules for a segmenter's threshold."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from ..training.trainable import TrainableSegmenter
from .findings import Inspection
from .side_effects import SideEffectMonitor
from .synthetic_images import CONSTANT_IMAGE_VALUES


def check_binarise(inspection: Inspection, segmenter: TrainableSegmenter, witness: SideEffectMonitor) -> None:
    """Check ``binarise`` on an ordinary probability map and on constant ones."""
    ramp = np.tile(np.arange(97, dtype=np.uint8)[:, None] * 2, (1, 61))
    maps = {"a ramp": ramp} | {
        name: np.full((64, 64), int(255 * value), np.uint8) for name, value in CONSTANT_IMAGE_VALUES.items()
    }
    with inspection.rule("binarise"):
        for name, probability in maps.items():
            given = probability.copy()
            with witness.watch():
                mask = segmenter.binarise(given)
            if not isinstance(mask, np.ndarray) or mask.shape != probability.shape or mask.dtype != bool:
                raise UserError(
                    f"For {name} it returned {getattr(mask, 'dtype', type(mask).__name__)} "
                    f"of shape {getattr(mask, 'shape', None)}",
                    hint="return bool of the map's shape",
                )
            if not np.array_equal(given, probability):
                raise UserError("It changes the map it is given", hint="work on a copy")
    with inspection.rule("more probable, more mask"):
        mask = segmenter.binarise(ramp)
        if mask[0].any() or not mask[-1].all():
            raise UserError(
                "On a ramp of probability the lowest row is foreground or the highest is not",
                hint="values above the threshold are foreground",
            )
