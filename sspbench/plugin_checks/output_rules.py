"""Rules for what a method or segmenter gives back: size, type, range, repeatable, the input left alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..contract import ColorMode
from ..errors import UserError
from .findings import Inspection
from .side_effects import SideEffectMonitor
from .synthetic_images import make_method_inputs

ImageFunction = Callable[[np.ndarray], np.ndarray]
MAX_STACK_DIFFERENCE = 1e-5
"""Largest difference of an image computed alone and beside others."""


def check_outputs(
    inspection: Inspection,
    function: ImageFunction,
    witness: SideEffectMonitor,
    color: ColorMode = "grey",
    channels: int | None = None,
) -> None:
    """Check a function of (N, C, H, W) float32 in [0, 1] on odd and degenerate images.

    Args:
        inspection: Where faults go.
        function: What a method or a segmenter does with images.
        witness: Watches its code.
        color: Mode of the images.
        channels: Channels of the result; None: those of the images.
    """
    inputs = make_method_inputs(color)
    for name, images in inputs.items():
        with inspection.rule(name_rule(name, color)):
            with witness.watch():
                result = function(images.copy())
            check_output_array(result, (len(images), channels or images.shape[1], *images.shape[2:]))
    _check_repeatable(inspection, function, witness, color)


def name_rule(name: str, color: ColorMode) -> str:
    """Return the name of a rule for images of a mode."""
    return name if color == "grey" else f"{name}, in colour"


def _check_repeatable(
    inspection: Inspection, function: ImageFunction, witness: SideEffectMonitor, color: ColorMode
) -> None:
    inputs = make_method_inputs(color)
    odd, pair = inputs["odd size 97 x 61"], inputs["two images"]
    with inspection.rule(name_rule("input unmodified", color)):
        given = odd.copy()
        with witness.watch():
            function(given)
        if not np.array_equal(given, odd):
            raise UserError("It changes the array it is given", hint="work on images.copy()")
    with inspection.rule(name_rule("repeatable", color)):
        with witness.watch():
            first, second = function(odd.copy()), function(odd.copy())
        if not np.array_equal(first, second):
            raise UserError(
                "The same image gives another result the second time",
                hint="draw from np.random.default_rng(self.seed) inside the call, and keep no state between calls",
            )
    with inspection.rule(name_rule("each image on its own", color)):
        with witness.watch():
            together = function(pair.copy())
            alone = np.concatenate([function(image[None].copy()) for image in pair])
        worst = float(np.abs(together - alone).max())
        if worst > MAX_STACK_DIFFERENCE:
            raise UserError(
                f"An image comes out differently beside others (by up to {worst:.2g})",
                hint="use statistics of each image, not of the stack",
            )


def check_output_array(result: np.ndarray, shape: tuple[int, ...]) -> None:
    """Check one result, which is to have a shape.

    Raises:
        UserError: it is not an array, or shape, dtype, values or range are not as promised.
    """
    if not isinstance(result, np.ndarray):
        raise UserError(f"It returned {type(result).__name__}", hint="return a numpy array")
    if result.shape != shape:
        raise UserError(
            f"It returned shape {result.shape} for {shape}",
            hint="return the input's shape; a network that needs a multiple sets `multiple`",
        )
    if result.dtype != np.float32:
        raise UserError(f"It returned {result.dtype}", hint="return float32: result.astype(np.float32)")
    bad = int((~np.isfinite(result)).sum())
    if bad:
        raise UserError(
            f"It returned {bad} values that are NaN or infinite",
            hint="look for divisions by zero and logarithms of zero; flat images have no variance",
        )
    if result.min() < 0 or result.max() > 1:
        raise UserError(
            f"It returned values from {result.min():.4g} to {result.max():.4g}",
            hint="bring them to [0, 1], e.g. np.clip(result, 0, 1)",
        )
