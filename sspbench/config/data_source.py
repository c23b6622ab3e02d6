"""Checks the user's data folder before anything runs, finds its labels, and keeps two folders of one name apart."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..errors import UserError
from ..files import read_mapping, write_json
from ..images.pictures import list_images
from ..plugins.discovery import Plugin
from .config_files import shorten_path
from .paths import Layout

HIGH_LABELS_FOLDER, LOW_LABELS_FOLDER = "trainB_labels", "trainA_labels"


def reject_unusable_data_root(dataset: Plugin, root: Path | None) -> None:
    """Reject a data folder that the data set does not take, or that cannot be read.

    Raises:
        UserError: it is needed and missing, given and not taken, or neither a folder nor a file.
    """
    need, name = dataset.meta["source"], dataset.name
    if need == "required" and root is None:
        hint = f"add --config dataset={name} data_root=DIR (see data/{name}/README.md)"
        raise UserError(f"The data set {name!r} needs your data", where="config: data_root", hint=hint)
    if root is None:
        return
    where = f"config: data_root={shorten_path(root)}"
    if need == "none":
        why = f"{name!r} is simulated, so `data_root` would be ignored"
        hint = "for images of your own add dataset=folder; else remove data_root"
        raise UserError(f"The data set {name!r} takes no images of yours", where=where, why=why, hint=hint)
    if not os.path.exists(root):  # noqa: PTH110  # Path.exists raises for an impossible path
        raise UserError("The data folder does not exist", where=where, hint="check the path")
    if not (root.is_dir() or root.is_file()):
        why, hint = "it is a device, a pipe or a socket", "give a folder, or a zip or tar archive"
        raise UserError("The data folder is neither a folder nor a file", where=where, why=why, hint=hint)


def record_data_root(layout: Layout, root: Path | None) -> None:
    """Record which folder of the user's a data set was prepared from."""
    if root is not None:
        write_json(layout.source_record, {"data_root": str(root.resolve())})


def reject_other_data_root(layout: Layout, root: Path | None) -> None:
    """Reject a data folder whose results would overwrite those of another folder of the same name.

    Raises:
        UserError: images of the same data set name were prepared from another folder, which still exists.
    """
    if root is None or not layout.source_record.is_file():
        return
    other = Path(str(read_mapping(layout.source_record).get("data_root", "")))
    if other == root.resolve() or not other.exists():
        return
    raise UserError(
        f"The results of another data folder are named {layout.dataset!r} too",
        where=f"config: data_root={shorten_path(root)}",
        why=f"they would be overwritten: {layout.root.parent} holds those of {shorten_path(other)}",
        hint=f"give this folder another name: add dataset_id={layout.dataset}-2",
    )


def has_training_labels(root: Path, labels: str = HIGH_LABELS_FOLDER) -> bool:
    """Return whether a folder or an archive has images in the folder ``labels``, itself or in a folder at its top.

    Of an archive that cannot be read this is True: preparing it says what is wrong with it.

    Args:
        root: The user's ``data_root``.
        labels: Name of the folder.
    """
    if root.is_dir():
        places = [*root.glob(labels), *root.glob(f"*/{labels}")]
        return any(list_images(place) for place in places)
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
