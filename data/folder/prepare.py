"""Images of your own in CORN-2's layout, a folder or an archive: checked whole, then written as 8-bit grey PNG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sspbench import (
    EXTRA_FOLDERS,
    IMAGE_SUFFIXES,
    SPLITS,
    Faults,
    InspectedImage,
    PrepareRequest,
    UserError,
    WhiteLevel,
    add_change_notes,
    add_duplicate_image_faults,
    add_duplicate_name_faults,
    add_label_faults,
    add_unusable_sets,
    count_classes,
    decide_whites,
    find_unused_files,
    inspect_image,
    list_images,
    open_source,
    read_grey,
    read_label,
    record_pixel_sizes,
    sha256,
    write_grey,
    write_json,
)

LABEL_SPLITS = tuple(extra for extra in EXTRA_FOLDERS if extra.endswith("_labels"))

NERVE_CLASSES_HINT = (
    "save labels as black and white, or say which values are nerve: dataset_options={nerve_classes: [...]}"
)
WHITE = "dataset_options={white: N}, or of single folders {whites: {trainA: N}}"
DUPLICATES_HINT = "remove one, or accept it: dataset_options={duplicates: allow}"


@dataclass(frozen=True)
class _SourceFiles:
    """The files of a user's folder by split, and what was seen in them."""

    root: Path
    files: dict[str, list[Path]]
    pictures: dict[Path, InspectedImage | None]
    whites: dict[str, WhiteLevel] = field(default_factory=dict)

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
        files = {split: list_images(root / split) for split in (*SPLITS, *LABEL_SPLITS)}
        source = _check_files(files, root, request)
        _record(source, request)
        images = {split: list(source.iter_readable(split)) for split in SPLITS}
        add_change_notes(request, root, images, list(source.iter_readable(*LABEL_SPLITS)), source.whites)
        _note_unlabelled(source, request)
        for what, names in find_unused_files(place, source.pictures).items():
            request.add_note(what, names)
        _write_splits(source, request)


def _find_root(place: Path) -> Path:
    """Return the folder that holds the splits: ``place``, or the only folder in it."""
    folders = [path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")]
    alone = len(folders) == 1 and folders[0].name not in SPLITS
    return folders[0] if alone else place


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
        source.whites.update(_decide_whites(source, request.options, faults))
        labels = {split: [label.label for label in source.iter_readable(split)] for split in LABEL_SPLITS}
        add_unusable_sets(labels, request.options.get("nerve_classes"), faults, NERVE_CLASSES_HINT)
        faults.shorten_paths(root)
    return source


def _decide_whites(source: _SourceFiles, options: Mapping[str, Any], faults: Faults) -> dict[str, WhiteLevel]:
    single = options.get("whites") or {}
    given = {split: single.get(split) or options.get("white") for split in SPLITS}
    seen = {split: [picture.brightness for picture in source.iter_readable(split)] for split in SPLITS}
    return decide_whites(seen, given, WHITE, faults)


def _record(source: _SourceFiles, request: PrepareRequest) -> None:
    """Keep what was decided and counted, and the scale of every image, in the manifest."""
    request.record("white", [level.as_json() for level in source.whites.values()])
    counts = {split: count_classes([label.label for label in source.iter_readable(split)]) for split in LABEL_SPLITS}
    request.record("labels", {split: {str(key): n for key, n in found.items()} for split, found in counts.items()})
    named = {
        split: {f"{split}/{picture.path.stem}.png": picture for picture in source.iter_readable(split)}
        for split in SPLITS
    }
    record_pixel_sizes(request, named, source.root)


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


def _note_unlabelled(source: _SourceFiles, request: PrepareRequest) -> None:
    for extra in LABEL_SPLITS:
        named = {path.stem for path in source.files[extra]}
        images = source.files[extra.removesuffix("_labels")]
        bare = [str(path.relative_to(source.root)) for path in images if path.stem not in named]
        if named and bare:
            request.add_note(f"without a label in {extra}", bare)


def _write_splits(source: _SourceFiles, request: PrepareRequest) -> None:
    done = len(source.pictures)
    total, sources = 2 * done, {}
    for split, paths in source.files.items():
        for path in paths:
            target = f"{split}/{path.stem}.png"
            if split in LABEL_SPLITS:
                pixels = read_label(path, request.options.get("nerve_classes"))
            else:
                pixels = read_grey(path, source.whites[split].white)
            write_grey(request.output / target, pixels)
            sources[target] = {"from": str(path.relative_to(source.root)), "sha256": sha256(path)}
            done += 1
            request.progress(done, total)
    write_json(request.output / "sources.json", {"files": sources})
