"""Progress with the time left: a live bar on a terminal, a plain line now and then in a log or through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from tqdm import tqdm

LINE_INTERVAL_S = 10.0
"""Seconds between two lines without a terminal."""


class _LineStream:
    """A stream that turns the bar's carriage returns into lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write the text as its own line, if anything is left of it."""
        line = text.replace("\r", "").strip()
        if line:
            self._stream.write(line + "\n")

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()


def progress_bar(
    items: Iterable[Any] | None = None, *, total: int | None = None, label: str, unit: str, start: int = 0
) -> tqdm:
    """Return a progress bar over ``items``, or one to be moved by ``update()``.

    Args:
        items: What is iterated.
        total: Number of units, where ``items`` has no length.
        label: Shown in front.
        unit: Name of a unit.
        start: Units done before.
    """
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    return tqdm(
        items,
        total=total,
        desc=label,
        unit=f" {unit}",
        initial=start,
        file=sys.stderr if terminal else _LineStream(sys.stderr),
        mininterval=0.5 if terminal else LINE_INTERVAL_S,
        miniters=1,
        maxinterval=LINE_INTERVAL_S,
        dynamic_ncols=terminal,
        ncols=None if terminal else 100,
        ascii=None if terminal else " .",
    )
