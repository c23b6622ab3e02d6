"""Files that the config names: what depends on them depends on their content, not on their name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
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

    return _digest_files(list_images(folder), folder)


def digest_source(root: Path | None, *, splits_only: bool = False) -> str:
    """Return a digest of the names and contents of the user's images, so that a changed file is prepared again.

    With ``splits_only``, what lies in no folder of a split is left out, where there are such folders.
    """
    from ..images.manifest import EXTRA_FOLDERS, SPLITS
    from ..images.pictures import list_images

    if root is None:
        return ""
    if root.is_file():
        return sha256(root)
    folders = [root, *(folder for folder in sorted(root.rglob("*")) if folder.is_dir())]
    known = [folder for folder in folders if folder.name in (*SPLITS, *EXTRA_FOLDERS)]
    folders = known if splits_only and known else folders
    readable = [folder for folder in folders if os.access(folder, os.R_OK | os.X_OK)]
    return _digest_files([path for folder in readable for path in list_images(folder)], root)


def _digest_files(paths: Sequence[Path], root: Path) -> str:
    """Return a digest of files below ``root``; those that may not be read have no hash: they are reported elsewhere."""
    found = hash_files(str(path) for path in paths if os.access(path, os.R_OK))
    return fingerprint([[str(path.relative_to(root)), found.get(str(path), "")] for path in paths])


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
