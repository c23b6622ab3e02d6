"""Folders of images that a job writes, and the manifest file that stands for them between rules."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..files import read_json, sha256, write_json

FOLDER_MANIFEST_NAME = "manifest.json"


def clear_images(folder: Path) -> Path:
    """Make the folder and remove the images and manifest of an earlier attempt."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("*.png"), folder / FOLDER_MANIFEST_NAME]:
        old.unlink(missing_ok=True)
    return folder


def write_folder_manifest(folder: Path, paths: Iterable[Path]) -> None:
    """Write the folder's manifest: the names and hashes of its images."""
    write_json(folder / FOLDER_MANIFEST_NAME, {path.name: sha256(path) for path in paths})


def verified_images(folder: Path) -> list[Path]:
    """Return the images a sealed folder holds, by name."""
    return [folder / name for name in sorted(read_json(folder / FOLDER_MANIFEST_NAME))]
