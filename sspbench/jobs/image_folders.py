"""Folders of images that a job writes, their manifest, which rules depend on, and the check of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..files import read_mapping, sha256, write_json
from ..images.manifest import MAX_SHOWN_FILES, Manifest
from .outcome import JobError

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


def read_folder_hashes(folder: Path) -> dict[Path, str]:
    """Return the SHA-256 that each image of a folder had when the folder's manifest was written, by name."""
    return {folder / name: digest for name, digest in sorted(read_mapping(folder / FOLDER_MANIFEST_NAME).items())}


def find_changed_files(hashes: Mapping[Path, str], since_ns: int = 0) -> list[Path]:
    """Return the files that are missing or whose content has another hash.

    Args:
        hashes: SHA-256 by path.
        since_ns: Files whose inode last changed at this time (nanoseconds) or before are taken as they are, unread.
    """
    return [
        path
        for path, digest in hashes.items()
        if not path.is_file() or (path.stat().st_ctime_ns > since_ns and sha256(path) != digest)
    ]


def describe_files(paths: Iterable[Path]) -> str:
    """Return the names of the first files, and how many more there are."""
    names = [path.name for path in paths]
    more = f" and {len(names) - MAX_SHOWN_FILES} more" if len(names) > MAX_SHOWN_FILES else ""
    return ", ".join(names[:MAX_SHOWN_FILES]) + more


def verified_images(folder: Path) -> list[Path]:
    """Return the images of a folder, by name, after comparing all of them with its manifest.

    Raises:
        JobError: an image is missing, or its content is not what was written.
    """
    hashes = read_folder_hashes(folder)
    _reject_changed(hashes, folder, "written", "writes them")
    return list(hashes)


def verify_splits(manifest: Manifest, *splits: str) -> None:
    """Compare the prepared images of some splits with the manifest.

    Raises:
        JobError: an image is missing, or its content is not what was prepared.
    """
    _reject_changed(prepared_hashes(manifest, splits), manifest.folder, "prepared", "prepares the images")


def _reject_changed(hashes: Mapping[Path, str], folder: Path, made: str, remade: str) -> None:
    changed = find_changed_files(hashes)
    if changed:
        raise JobError(
            f"{len(changed)} of {len(hashes)} images were removed or changed after they were {made}",
            where=str(folder),
            why=describe_files(changed),
            hint=f"run the same command again: the workflow finds them and {remade} again",
        )


def prepared_hashes(manifest: Manifest, splits: Iterable[str] | None = None) -> dict[Path, str]:
    """Return the SHA-256 of the prepared images by path; of some splits, or of all."""
    wanted = None if splits is None else set(splits)
    return {
        manifest.folder / entry["path"]: entry["sha256"]
        for entry in manifest.content["images"]
        if wanted is None or entry["split"] in wanted
    }
