"""Rules for constants that a classical method takes from training images: repeatable, JSON, the images left alone."""

from __future__ import annotations

import numpy as np

from ..contract import Method
from ..errors import UserError
from ..images.grey import to_float
from ..stages.fit import fitted_constants
from .findings import Inspection
from .pictures import SIDE, domain
from .witness import Witness


def check_fit(inspection: Inspection, method: Method, witness: Witness) -> None:
    """Check ``fit`` on made pictures and leave its constants in ``method.fitted``; nothing where it is not defined."""
    if not method.is_fitted():
        return
    with inspection.rule("fit repeatable, input unmodified"):
        low, high = _training_pictures()
        with witness.active():
            first, second = fitted_constants(method, low, high), fitted_constants(method, low, high)
        fresh = _training_pictures()
        if not all(np.array_equal(a, b) for a, b in zip([*low, *high], [*fresh[0], *fresh[1]], strict=True)):
            raise UserError("fit changes the images it is given", hint="work on copies")
        if first != second:
            raise UserError(
                "fit returns other constants the second time",
                hint="draw from np.random.default_rng(self.seed) inside the call, and keep no state between calls",
            )
        method.fitted = first


def fitted_to_pictures(method: Method) -> Method:
    """Return the method with constants of made pictures, where it takes any."""
    if method.is_fitted():
        method.fitted = fitted_constants(method, *_training_pictures())
    return method


def _training_pictures() -> tuple[list[np.ndarray], list[np.ndarray]]:
    low, high = ([to_float(picture) for picture in domain(quality, SIDE)[0]] for quality in ("low", "high"))
    return low, high
