"""Where this checkout lies, and how paths in it are reported to people."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: plugin folders lie beside ``sspbench``."""


def display_path(path: Path) -> str:
    """Return a path as it is reported to people: relative to the checkout where it lies in it."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
