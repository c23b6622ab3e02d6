"""The lower end of the screen: lines that stay, and on a terminal one below them that changes."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

CLEAR = "\r\033[K"
"""Back to the start of the line, and away with what is in it."""


class Screen:
    """Writes lines, and a live one where the stream is a terminal.

    Args:
        stream: Where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = False

    def lines(self, lines: list[str]) -> None:
        """Write lines that stay."""
        if lines:
            self.wipe()
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()

    def show(self, line: str) -> None:
        """Replace the live line, cut to the width of the terminal."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(CLEAR + (line if len(line) <= width else line[: width - 1] + "…"))
            self._stream.flush()
            self._shown = bool(line)

    def wipe(self) -> None:
        """Take the live line away."""
        if self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()
            self._shown = False
