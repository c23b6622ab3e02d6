"""Rows of images that were enhanced elsewhere: a folder of the user's, under its own name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Faults
from ..plugins.discovery import Plugin, find_plugins
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


def add_external_faults(rows: Any, faults: Faults) -> None:
    """Add a fault for every row whose name is taken, and for every folder that is none.

    Args:
        rows: ``external`` of the config; what has another form than folders by name is left to the schema.
        faults: Where faults are added.
    """
    if not isinstance(rows, Mapping):
        return
    taken = {method.casefold(): f"the method {method}" for method in find_plugins("methods")}
    for name, folder in rows.items():
        where = f"config: external.{name}"
        if str(name).casefold() in taken:
            why = f"it is that of {taken[str(name).casefold()]}, and some file systems ignore case"
            faults.add(f"The name {name!r} is taken", where=where, why=why, hint="give the row another name")
        taken.setdefault(str(name).casefold(), f"the row {name}")
        if isinstance(folder, str):
            _add_folder_faults(folder, where, faults)


def _add_folder_faults(folder: str, where: str, faults: Faults) -> None:
    place = f"{where}: {folder}"
    if os.path.isfile(folder):  # noqa: PTH113  # Path.is_file raises for what is not a path
        hint = "give the folder that the images lie in; of an archive, unpack it first"
        faults.add("`external` needs a folder of images", where=place, why="it is a file", hint=hint)
    elif not os.path.isdir(folder):  # noqa: PTH112
        why = f"the folder does not exist, seen from {Path.cwd()}"
        faults.add("The images of an external row are missing", where=place, why=why, hint="check the path")
    elif not os.access(folder, os.R_OK | os.X_OK):
        hint = "let this user read and open the folder"
        faults.add("The images of an external row cannot be read", where=place, why="no permission", hint=hint)
