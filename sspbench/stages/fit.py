"""Constants that a classical method takes from the training images: computed once, kept as JSON in its run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from ..contract import ColorMode, Method
from ..images.pictures import read_picture, to_float
from ..jobs.outcome import JobError


class LazyImages(Sequence[np.ndarray]):
    """Training images, (H, W) or (H, W, 3) float32 in [0, 1], each read when it is looked at, to save memory."""

    def __init__(self, paths: Sequence[Path], color: ColorMode = "grey") -> None:
        self._paths, self._color = paths, color

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> LazyImages: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | LazyImages:
        """Read one image; of a slice none is read yet."""
        if isinstance(index, slice):
            return LazyImages(self._paths[index], self._color)
        return to_float(read_picture(self._paths[index], self._color))


def fit_constants(method: Method, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return what ``method.fit`` takes from the training images, as JSON will give it back.

    Raises:
        JobError: it returns no mapping, or one that JSON cannot hold (arrays, NaN).
    """
    constants = method.fit(low, high)
    if not isinstance(constants, Mapping):
        raise JobError(f"fit returned {type(constants).__name__}", hint="return a mapping of names to numbers or lists")
    try:
        return dict(json.loads(json.dumps(dict(constants), allow_nan=False)))
    except (TypeError, ValueError) as error:
        hint = "return numbers, texts and lists of them: float(value), array.tolist(); no NaN"
        raise JobError("fit returned what JSON cannot hold", why=str(error), hint=hint) from error
