"""Rules for what a method or segmenter gives back: pictures, masks, constants; repeatable, the input left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..contract import ColorMode, Method
from ..errors import UserError
from ..images.pictures import to_float
from ..stages.enhance import fit_constants
from .findings import Inspection
from .side_effects import SideEffectMonitor
from .synthetic_images import CONSTANT_IMAGE_VALUES, IMAGE_SIDE_PX, add_colour, make_domain, make_method_inputs

if TYPE_CHECKING:
    from ..training.trainable import TrainableSegmenter

ImageFunction = Callable[[np.ndarray], np.ndarray]
MAX_STACK_DIFFERENCE = 1e-5
"""Largest difference of an image computed alone and beside others."""


def check_outputs(
    inspection: Inspection,
    function: ImageFunction,
    monitor: SideEffectMonitor,
    color: ColorMode,
    channels: int | None = None,
) -> None:
    """Check a function of (N, C, H, W) float32 in [0, 1] on odd and degenerate images.

    The result has as many channels as the images, or ``channels``.
    """
    inputs = make_method_inputs(color)
    for name, images in inputs.items():
        with inspection.rule(name_rule(name, color)):
            with monitor.watch():
                result = function(images.copy())
            check_output_array(result, (len(images), channels or images.shape[1], *images.shape[2:]))
    _check_repeatable(inspection, function, monitor, color, inputs)


def name_rule(name: str, color: ColorMode) -> str:
    """Return the name of a rule for images of a mode."""
    return name if color == "grey" else f"{name}, in colour"


def _check_repeatable(
    inspection: Inspection,
    function: ImageFunction,
    monitor: SideEffectMonitor,
    color: ColorMode,
    inputs: Mapping[str, np.ndarray],
) -> None:
    odd, pair = inputs["odd size 97 x 61"], inputs["two images"]
    with inspection.rule(name_rule("input unmodified", color)):
        given = odd.copy()
        with monitor.watch():
            function(given)
        if not np.array_equal(given, odd):
            raise UserError("It changes the array it is given", hint="work on images.copy()")
    with inspection.rule(name_rule("repeatable", color)):
        with monitor.watch():
            first, second = function(odd.copy()), function(odd.copy())
        if not np.array_equal(first, second):
            raise UserError(
                "The same image gives another result the second time",
                hint="draw from np.random.default_rng(self.seed) inside the call, and keep no state between calls",
            )
    with inspection.rule(name_rule("each image on its own", color)):
        with monitor.watch():
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


def check_binarise(inspection: Inspection, segmenter: TrainableSegmenter, monitor: SideEffectMonitor) -> None:
    """Check ``binarise`` on an ordinary probability map and on constant ones."""
    ramp = np.tile(np.arange(97, dtype=np.uint8)[:, None] * 2, (1, 61))
    maps = {"a ramp": ramp} | {
        name: np.full((64, 64), int(255 * value), np.uint8) for name, value in CONSTANT_IMAGE_VALUES.items()
    }
    with inspection.rule("binarise"):
        for name, probability in maps.items():
            given = probability.copy()
            with monitor.watch():
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


def check_fit(inspection: Inspection, method: Method, monitor: SideEffectMonitor) -> None:
    """Check ``fit`` on made pictures and leave its constants in ``method.fitted``; nothing where it is not defined."""
    if not method.is_fitted():
        return
    with inspection.rule("fit repeatable, input unmodified"):
        low, high = _make_training_images(method.channels)
        with monitor.watch():
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
