"""The input of every quality measure: a stack of saved 8-bit grey images."""

from __future__ import annotations

import numpy as np

from sspbench import Scores


def require_grey_stack(images: np.ndarray) -> None:
    """Refuse anything but (N, H, W) uint8.

    Scores are defined on the saved file; a float image would be scored on another scale.

    Raises:
        ValueError: other shape or dtype.
    """
    if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape[1:]:
        raise ValueError(f"expected (N, H, W) uint8 grey images, got {images.shape} {images.dtype}")


def make_notes_where(undefined: np.ndarray, reason: str) -> tuple[str, ...]:
    """Give one note an image: ``reason`` where ``undefined`` (N,) bool is set, else an empty text.

    >>> make_notes_where(np.array([False, True]), "no nerve")
    ('', 'no nerve')
    """
    return tuple(reason if bad else "" for bad in undefined)


def replace_infinite(ratio: np.ndarray, reason: str) -> Scores:
    """Leave out infinite values, with the reason: one would swallow every mean it enters."""
    identical = np.isinf(ratio)
    return Scores(np.where(identical, np.nan, ratio), make_notes_where(identical, reason))
