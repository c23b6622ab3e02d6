"""Writes files atomically."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file so that a reader finds the old content or the new, never a part; create its folder.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        part = Path(folder) / path.name
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)  # noqa: PTH105  # Path.replace is the same call
