"""Which pictures are too small for a network, found by trying where one fails."""

from __future__ import annotations

import numpy as np

from ..contract import Method
from ..errors import UserError

LARGEST_TRIED_SIDE = 512


def explain_small_picture(method: Method, image: np.ndarray) -> UserError | None:
    """Return what to say about a picture that a method failed on, if its size is why; else None.

    Args:
        method: Ready to enhance.
        image: (1, C, H, W) float32 that ``method.enhance`` raised an error for.
    """
    height, width = image.shape[-2:]
    smallest = _find_smallest_side(method, image)
    if smallest is None:
        return None
    return UserError(
        "The picture is too small for this network",
        why=f"it has {width} x {height} pixels, and both sides must have {smallest} or more",
        hint="use a method without a network, e.g. --method flat_field, or give a larger picture",
    )


def _find_smallest_side(method: Method, image: np.ndarray) -> int | None:
    """Return the smallest side that works, by bisection; None where even a large picture fails."""
    failing, working = min(image.shape[-2:]), LARGEST_TRIED_SIDE
    if failing >= working or not _works(method, image, working):
        return None
    while working - failing > 1:
        middle = (failing + working) // 2
        if _works(method, image, middle):
            working = middle
        else:
            failing = middle
    return working


def _works(method: Method, image: np.ndarray, side: int) -> bool:
    height, width = image.shape[-2:]
    grown = ((0, 0), (0, 0), (0, max(side - height, 0)), (0, max(side - width, 0)))
    picture = np.ascontiguousarray(np.pad(image, grown, mode="symmetric")[..., :side, :side])
    try:
        method.enhance(picture)
    except (RuntimeError, ValueError):
        return False
    return True
