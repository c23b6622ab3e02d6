"""Images of your own in CORN-2's layout, a folder or an archive: checked whole, then written as 8-bit grey PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sspbench import (
    EXTRAS,
    SPLITS,
    SUFFIXES,
    Faults,
    Picture,
    PrepareRequest,
    UserError,
    add_double_names,
    add_unpaired,
    binary,
    inspect,
    list_images,
    opened,
    read_grey,
    sha256,
    write_grey,
    write_json,
)

LABELS = tuple(extra for extra in EXTRAS if extra.endswith("_labels"))

Found = dict[str, list[Path]]


def prepare(request: PrepareRequest) -> None:
    """Check every file of ``request.source`` and copy it as 8-bit grey PNG.

    Raises:
        UserError: every missing split, unreadable file, small image, double name and stray label at once.
    """
    if request.source is None:
        raise UserError(
            "The data set 'folder' needs your images",
            where="config: data_root",
            hint="give a folder or an archive with trainA, trainB, testA",
        )
    with opened(request.source, request.output.parent) as place:
        root = _root(place)
        found = {split: _images(root / split) for split in (*SPLITS, *LABELS)}
        _check(found, root, request)
        _write(found, root, request)


def _root(place: Path) -> Path:
    """Return the folder that holds the splits: ``place``, or the only folder in it."""
    folders = [path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")]
    alone = len(folders) == 1 and folders[0].name not in SPLITS
    return folders[0] if alone else place


def _images(folder: Path) -> list[Path]:
    return list_images(folder) if folder.is_dir() else []


def _check(found: Found, root: Path, request: PrepareRequest) -> None:
    pictures: dict[Path, Picture | None] = {}
    total, done = sum(map(len, found.values())), 0
    with Faults(f"The images in {request.source} cannot be used") as faults:
        for split, paths in found.items():
            _check_split(split, paths, root, faults)
            for path in paths:
                pictures[path] = inspect(path, faults)
                done += 1
                request.progress(done, 2 * total)
        for extra in LABELS:
            _check_pairs(extra, found, pictures, faults)
        for item in faults.items:
            item.where = item.where.replace(f"{root}/", "")


def _check_split(split: str, paths: list[Path], root: Path, faults: Faults) -> None:
    place = root / split
    if split in SPLITS and not place.is_dir():
        faults.add(f"The folder {split} is missing", where=str(root), hint="low quality: trainA, testA; high: trainB")
    elif split in SPLITS and not paths:
        faults.add(f"The folder {split} holds no images", where=str(place), hint=f"readable: {', '.join(SUFFIXES)}")
    add_double_names({path: path.stem for path in paths}, faults)


def _check_pairs(extra: str, found: Found, pictures: Mapping[Path, Picture | None], faults: Faults) -> None:
    labels = {path.stem: path for path in found[extra]}
    images = {path.stem: pictures[path] for path in found[extra.removesuffix("_labels")]}
    add_unpaired(images, {name: pictures[path] for name, path in labels.items()}, faults, labels)


def _write(found: Found, root: Path, request: PrepareRequest) -> None:
    done = sum(map(len, found.values()))
    total, sources = 2 * done, {}
    for split, paths in found.items():
        for path in paths:
            target = f"{split}/{path.stem}.png"
            grey = read_grey(path)
            write_grey(request.output / target, binary(grey) if split in LABELS else grey)
            sources[target] = {"from": str(path.relative_to(root)), "sha256": sha256(path)}
            done += 1
            request.progress(done, total)
    write_json(request.output / "sources.json", {"files": sources})
