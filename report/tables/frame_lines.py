"""The lines of a data frame for the makers; what a column holds is the promise of the function that made the frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def iter_lines(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the lines of a frame with its columns as attributes."""
    yield from frame.itertuples(index=False)
