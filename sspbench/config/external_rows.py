"""Rows of images that were enhanced elsewhere: a folder of the user's, under its own name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..plugins.discovery import Plugin
from .input_files import digest_visible_images

EXTERNAL_KIND = "external"
"""The kind of these rows, and the group they are in."""


def external_row_plugin(name: str, folder: Path) -> Plugin:
    """Return the plugin of a row of which only the images are known.

    Args:
        name: The row.
        folder: Where its images lie.
    """
    unknown = f"imported from the folder {folder.resolve().name}; the suite does not know how its images were enhanced"
    meta = {"label": f"{name} (external)", "kind": EXTERNAL_KIND, "group": EXTERNAL_KIND, "deviations": [unknown]}
    return Plugin("methods", name, folder, {**meta, "params": {}, "presets": {}})


def external_row_settings(found: Plugin, white: int | None = None) -> dict[str, Any]:
    """Return what a row depends on: its images; of their place the folder's own name alone, since this is published.

    Args:
        found: The row.
        white: The value of its images that is white, where the user gave it.
    """
    folder = found.folder.resolve().name
    settings = {
        "kind": EXTERNAL_KIND,
        "name": found.name,
        "folder": folder,
        "images": digest_visible_images(found.folder),
    }
    return settings if white is None else {**settings, "white": white}
