"""Images of your own in CORN-2's layout, a folder or an archive: checked whole, then written as 8-bit grey PNG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sspbench import (
    EXTRA_FOLDERS,
    IMAGE_SUFFIXES,
    SPLITS,
    Faults,
    InspectedImage,
    PrepareRequest,
    UserError,
    add_duplicate_image_faults,
    add_duplicate_name_faults,
    add_label_faults,
    find_unused_files,
    find_white_value,
    inspect_image,
    list_images,
    open_source,
    read_grey,
    read_label,
    sha256,
    write_grey,
    write_json,
)

LABEL_SPLITS = tuple(extra for extra in EXTRA_FOLDERS if extra.endswith("_labels"))

FULL_16_BIT_LEVEL = 65535
"""White of 16-bit images unless they show another."""

DIM_LEVEL_SHARE = 0.25
"""Share of the 16-bit range below which images are so dark that their white may be another."""

NERVE_CLASSES_HINT = (
    "save labels as black and white, or say which values are nerve: dataset_options={nerve_classes: [...]}"
)
DUPLICATES_HINT = "remove one, or accept it: dataset_options={duplicates: allow}"


@dataclass(frozen=True)
class _SourceFiles:
    """The files of a user's folder by split, and what was seen in them."""

    root: Path
    files: dict[str, list[Path]]
    pictures: dict[Path, InspectedImage | None]

    def iter_readable(self, *splits: str) -> Iterator[InspectedImage]:
        """Yield the pictures of some splits that could be read."""
        for split in splits:
            yield from filter(None, (self.pictures[path] for path in self.files[split]))


def prepare(request: PrepareRequest) -> None:
    """Check every file of ``request.source`` and copy it as 8-bit grey PNG.

    Raises:
        UserError: every missing split, unreadable file, small image, double name, double picture and unclear label at
            once.
    """
    if request.source is None:
        raise UserError(
            "The data set 'folder' needs your images",
            where="config: data_root",
            hint="give a folder or an archive with trainA, trainB, testA",
        )
    with open_source(request.source, request.output.parent) as place:
        root = _find_root(place)
        source = _check_files(
            {split: _list_images_if_any(root / split) for split in (*SPLITS, *LABEL_SPLITS)}, root, request
        )
        white = request.options.get("white") or find_white_value(source.iter_readable(*SPLITS))
        for what, paths in _describe_changes(source, white):
            files = [str(path.relative_to(root)) for path in paths]
            if files:
                request.tell(what, files)
        for what, names in find_unused_files(place, source.pictures).items():
            request.tell(what, names)
        _write_splits(source, white, request)


def _find_root(place: Path) -> Path:
    """Return the folder that holds the splits: ``place``, or the only folder in it."""
    folders = [path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")]
    alone = len(folders) == 1 and folders[0].name not in SPLITS
    return folders[0] if alone else place


def _list_images_if_any(folder: Path) -> list[Path]:
    return list_images(folder) if folder.is_dir() else []


def _check_files(files: dict[str, list[Path]], root: Path, request: PrepareRequest) -> _SourceFiles:
    source = _SourceFiles(root, files, {})
    total, done = sum(map(len, files.values())), 0
    with Faults(f"The images in {request.source} cannot be used") as faults:
        for split, paths in files.items():
            _check_split(split, paths, root, faults)
            for path in paths:
                source.pictures[path] = inspect_image(path, faults)
                done += 1
                request.progress(done, 2 * total)
        for extra in LABEL_SPLITS:
            _check_pairs(extra, source, request, faults)
        if request.options.get("duplicates") != "allow":
            add_duplicate_image_faults(
                {split: list(source.iter_readable(split)) for split in SPLITS}, faults, DUPLICATES_HINT
            )
        for item in faults.items:
            item.where = item.where.replace(f"{root}/", "")
    return source


def _check_split(split: str, paths: list[Path], root: Path, faults: Faults) -> None:
    place = root / split
    if split in SPLITS and not place.is_dir():
        faults.add(f"The folder {split} is missing", where=str(root), hint="low quality: trainA, testA; high: trainB")
    elif split in SPLITS and not paths:
        kinds = sorted({path.suffix.lower() for path in place.iterdir() if path.suffix})
        why = f"it holds {', '.join(kinds)}" if kinds else ""
        hint = f"readable: {', '.join(IMAGE_SUFFIXES)}"
        faults.add(f"The folder {split} holds no images", where=str(place), why=why, hint=hint)
    add_duplicate_name_faults({path: path.stem for path in paths}, faults)


def _check_pairs(extra: str, source: _SourceFiles, request: PrepareRequest, faults: Faults) -> None:
    labels = {path.stem: path for path in source.files[extra]}
    images = {path.stem: source.pictures[path] for path in source.files[extra.removesuffix("_labels")]}
    seen = {name: source.pictures[path] for name, path in labels.items()}
    add_label_faults(images, seen, faults, labels, request.options.get("nerve_classes"), NERVE_CLASSES_HINT)


def _describe_changes(source: _SourceFiles, white: int) -> Iterator[tuple[str, Iterable[Path]]]:
    """Yield what is done to files that the user did not ask for, and to which."""
    images, labels = list(source.iter_readable(*SPLITS)), list(source.iter_readable(*LABEL_SPLITS))
    yield "turned upright, as their metadata says", [image.path for image in images + labels if image.is_turned]
    deep = {image.path: image.top for image in images if image.top is not None}
    if white != FULL_16_BIT_LEVEL:
        yield f"of 16 bit scaled so that {white} is white", deep
    elif deep and max(deep.values()) < DIM_LEVEL_SHARE * FULL_16_BIT_LEVEL:
        yield f"of 16 bit no brighter than {max(deep.values())} (another white: dataset_options={{white: N}})", deep
    yield (
        "transparent in part, taken as if they were not",
        [image.path for image in images + labels if image.is_transparent],
    )
    yield "in colour made grey", [image.path for image in images if not image.is_grey]
    yield "labels without any nerve", [label.path for label in labels if label.label.nerve_share == 0]
    for extra in LABEL_SPLITS:
        named = {path.stem for path in source.files[extra]}
        bare = [path for path in source.files[extra.removesuffix("_labels")] if path.stem not in named]
        if named:
            yield f"without a label in {extra}", bare


def _write_splits(source: _SourceFiles, white: int, request: PrepareRequest) -> None:
    done = len(source.pictures)
    total, sources = 2 * done, {}
    for split, paths in source.files.items():
        for path in paths:
            target = f"{split}/{path.stem}.png"
            labels = split in LABEL_SPLITS
            pixels = read_label(path, request.options.get("nerve_classes")) if labels else read_grey(path, white)
            write_grey(request.output / target, pixels)
            sources[target] = {"from": str(path.relative_to(source.root)), "sha256": sha256(path)}
            done += 1
            request.progress(done, total)
    write_json(request.output / "sources.json", {"files": sources})
