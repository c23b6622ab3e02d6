"""Rules for constants that a classical method takes from training images: repeatable, JSON, the images left alone."""

from __future__ import annotations

import numpy as np

from ..contract import Method
from ..errors import UserError
from ..images.pictures import to_float
from ..stages.fit import fit_constants
from .findings import Inspection
from .side_effects import SideEffectMonitor
from .synthetic_images import IMAGE_SIDE_PX, add_colour, make_domain


def check_fit(inspection: Inspection, method: Method, witness: SideEffectMonitor) -> None:
    """Check ``fit`` on made pictures and leave its constants in ``method.fitted``; nothing where it is not defined."""
    if not method.is_fitted():
        return
    with inspection.rule("fit repeatable, input unmodified"):
        low, high = _make_training_images(method.channels)
        with witness.watch():
            first, second = fit_constants(method, low, high), fit_constants(method, low, high)
        fresh = _make_training_images(method.channels)
        if not all(np.array_equal(a, b) for a, b in zip([*low, *high], [*fresh[0], *fresh[1]], strict=True)):
            raise UserError("fit changes the images it is given", hint="work on copies")
        if first != second:
            raise UserError(
                "fit returns other constants the second time",
                hint="draw from np.random.default_rng(self.seed) inside the call, and keep no state between calls",
            )
        method.fitted = first


def fit_to_synthetic_images(method: Method) -> Method:
    """Return the method with constants of made pictures, where it takes any."""
    if method.is_fitted():
        method.fitted = fit_constants(method, *_make_training_images(method.channels))
    return method


def _make_training_images(channels: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    low, high = (make_domain(quality, IMAGE_SIDE_PX)[0] for quality in ("low", "high"))
    if channels > 1:
        low, high = ([add_colour(picture) for picture in pictures] for pictures in (low, high))
    return [to_float(picture) for picture in low], [to_float(picture) for picture in high]
