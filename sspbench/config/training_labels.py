"""Whether a user's data hold labels of HQ training images, looked up before anything is prepared."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..images.grey import list_images

TRAINING_LABELS_FOLDER = "trainB_labels"


def has_training_labels(root: Path) -> bool:
    """Return whether a folder or an archive has images in ``trainB_labels``, itself or in a folder at its top.

    Of an archive that cannot be read this is True: preparing it says what is wrong with it.

    Args:
        root: The user's ``data_root``.
    """
    if root.is_dir():
        places = [*root.glob(TRAINING_LABELS_FOLDER), *root.glob(f"*/{TRAINING_LABELS_FOLDER}")]
        return any(list_images(place) for place in places if place.is_dir())
    try:
        return any(_is_label(PurePosixPath(name)) for name in _iter_names(root))
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


def _is_label(path: PurePosixPath) -> bool:
    return path.parent.name == TRAINING_LABELS_FOLDER and path.suffix != "" and not path.name.startswith(".")
