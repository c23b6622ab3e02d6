"""Files that the config names: what depends on them depends on their content, not on their name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import Faults
from ..files import fingerprint, sha256


def hash_files(paths: Iterable[str | None]) -> dict[str, str]:
    """Return ``{path: SHA-256}`` of the files that are named.

    A file that is missing has the hash ``missing``: anyone who reads it says so.
    """
    return {path: _hash_file(Path(path), *_change_mark(Path(path))) for path in paths if path is not None}


def _change_mark(path: Path) -> tuple[int, int]:
    if not path.is_file():
        return 0, 0
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size


@cache
def _hash_file(path: Path, _changed: int, _size: int) -> str:
    return sha256(path) if path.is_file() else "missing"


def digest_visible_images(folder: Path) -> str:
    """Return a digest of the names and contents of the images in a folder, not of those below it."""
    from ..images.pictures import list_images

    paths = list_images(folder)
    found = hash_files(
        str(path) for path in paths if os.access(path, os.R_OK)
    )  # what may not be read is reported elsewhere
    return fingerprint([[path.name, found.get(str(path), "")] for path in paths])


def vgg16_path(params: Mapping[str, Any], fallback: str | None) -> str | None:
    """Return the VGG16 file that a plugin with these params reads: its own or the config's; None if it reads none."""
    return (params["vgg16"] or fallback) if "vgg16" in params else None


def reject_missing_weights(files: Mapping[str, str | None]) -> None:
    """Refuse files that are named but are none.

    Args:
        files: Path by the key that names it.

    Raises:
        UserError: all of them.
    """
    with Faults("Weight files are missing") as faults:
        for key, path in files.items():
            place = None if path is None else Path(path)
            if place is None or place.is_file():
                continue
            inside = place / "weights.safetensors"
            hint = f"give the file in it: {inside}" if inside.is_file() else "give the path of a file, or null"
            why = "it is a folder" if place.is_dir() else "it does not exist"
            faults.add(f"`{key}` needs a file", where=f"{key}: {path}", why=why, hint=hint)
