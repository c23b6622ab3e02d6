"""A folder of your own images in CORN-2's layout: checked whole, then converted to 8-bit grey PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sspbench.contract import PrepareRequest
from sspbench.errors import Faults, UserError
from sspbench.images import SUFFIXES, list_images, read_grey, write_grey
from sspbench.manifest import EXTRAS, SPLITS

LEAST_SIDE = 64
"""Smaller images carry no texture to enhance and are below what any method here can take."""


def prepare(request: PrepareRequest) -> None:
    """Check every file of ``request.source`` and copy it as 8-bit grey PNG.

    Raises:
        UserError: every missing split, unreadable file, odd size, double name and stray label at once.
    """
    root = request.source
    if root is None or not root.is_dir():
        raise UserError(
            "The data folder is not a folder",
            where=f"data_root={root}",
            mend="give a folder with trainA, trainB, testA",
        )
    found = {split: _images(root / split) for split in (*SPLITS, *EXTRAS) if split != "testA_clean"}
    with Faults(f"The images in {root} cannot be used") as faults:
        sizes = {}
        total, done = sum(len(paths) for paths in found.values()), 0
        for split, paths in found.items():
            _check_split(split, paths, root, faults)
            for path in paths:
                sizes[path] = _check_file(path, faults)
                done += 1
                request.progress(done, 2 * total)
        for extra in found:
            if extra in EXTRAS:
                _check_pairs(extra, found, sizes, faults)
    for split, paths in found.items():
        for path in paths:
            grey = read_grey(path)
            if split in EXTRAS:
                grey = np.where(grey > 127, np.uint8(255), np.uint8(0))
            write_grey(request.output / split / f"{path.stem}.png", grey)
            done += 1
            request.progress(done, 2 * total)


def _images(folder: Path) -> list[Path]:
    return list_images(folder) if folder.is_dir() else []


def _check_split(split: str, paths: list[Path], root: Path, faults: Faults) -> None:
    place = root / split
    if split in SPLITS and not place.is_dir():
        faults.add(f"The folder {split} is missing", where=str(root), mend="low quality: trainA, testA; high: trainB")
    elif split in SPLITS and not paths:
        faults.add(f"The folder {split} holds no images", where=str(place), mend=f"readable: {', '.join(SUFFIXES)}")
    stems = [path.stem for path in paths]
    for stem in sorted({stem for stem in stems if stems.count(stem) > 1}):
        faults.add(f"Two files share the name {stem}", where=str(place), mend="rename one of them")


def _check_file(path: Path, faults: Faults) -> tuple[int, int] | None:
    try:
        grey = read_grey(path)
    except UserError as error:
        faults.items.append(error)
        return None
    if min(grey.shape) < LEAST_SIDE:
        faults.add("An image is too small", where=str(path), why=f"{grey.shape[1]}x{grey.shape[0]}, least {LEAST_SIDE}")
    return grey.shape


def _check_pairs(
    extra: str, found: dict[str, list[Path]], sizes: dict[Path, tuple[int, int] | None], faults: Faults
) -> None:
    partners = {path.stem: path for path in found[extra.split("_", maxsplit=1)[0]]}
    for path in found[extra]:
        partner = partners.get(path.stem)
        if partner is None:
            faults.add("A label has no image of its name", where=str(path), mend="rename or remove it")
        elif None not in (sizes[path], sizes[partner]) and sizes[path] != sizes[partner]:
            faults.add(
                "A label differs in size from its image", where=str(path), why=f"{sizes[path]}, {sizes[partner]}"
            )
