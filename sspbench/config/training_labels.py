"""Whether a user's data hold labels of training images, looked up before anything is prepared."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..images.grey import list_images

HIGH_LABELS_FOLDER, LOW_LABELS_FOLDER = "trainB_labels", "trainA_labels"


def has_training_labels(root: Path, labels: str = HIGH_LABELS_FOLDER) -> bool:
    """Return whether a folder or an archive has images in the folder ``labels``, itself or in a folder at its top.

    Of an archive that cannot be read this is True: preparing it says what is wrong with it.

    Args:
        root: The user's ``data_root``.
        labels: Name of the folder.
    """
    if root.is_dir():
        places = [*root.glob(labels), *root.glob(f"*/{labels}")]
        return any(list_images(place) for place in places if place.is_dir())
    try:
        return any(_is_label(PurePosixPath(name), labels) for name in _iter_names(root))
    except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile):
        return True


def _iter_names(archive: Path) -> Iterator[str]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            yield from content.namelist()
        return
    with tarfile.open(archive) as tar:
        for info in tar:
            yield info.name


def _is_label(path: PurePosixPath, labels: str) -> bool:
    return path.parent.name == labels and path.suffix != "" and not path.name.startswith(".")
