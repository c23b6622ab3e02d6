"""Import a copy of CORN-2: find its splits, verify all of it, write 8-bit grey PNG at its own size."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sspbench import (
    Faults,
    InspectedImage,
    PrepareRequest,
    UserError,
    WhiteLevel,
    add_change_notes,
    add_duplicate_image_faults,
    add_label_faults,
    add_unusable_sets,
    decide_whites,
    find_unused_files,
    inspect_image,
    most_common_size,
    open_source,
    read_grey,
    read_label,
    record_pixel_sizes,
    sha256,
    write_grey,
    write_json,
)

from .layout import FoundFiles, find_splits

SPLITS = ("trainA", "trainB", "testA")
NATIVE_SIDE_PX = 384
SIZE_HINT = "get the file again; for copies of another size see data/corn2/README.md"
WHITE = "dataset_options={white: N}"
README_PATH = "data/corn2/README.md"
LABELS_HINT = "get the labels again: white is nerve"


def prepare(request: PrepareRequest) -> None:
    """Verify and convert ``request.source``, a folder or an archive.

    Raises:
        UserError: wrong counts, sizes, colour, duplicates, labels without image, unreadable files: all at once.
    """
    if request.source is None:
        raise UserError("CORN-2 needs your copy", where="config: data_root", hint=f"where to ask: {README_PATH}")
    with open_source(request.source, request.output.parent) as root:
        found = find_splits(root)
        pictures, whites = _verify_copy(found, root, request)
        request.record("white", [level.as_json() for level in whites.values()])
        _write_splits(found, root, request, pictures, whites)


def _verify_copy(
    found: FoundFiles, root: Path, request: PrepareRequest
) -> tuple[dict[Path, InspectedImage], dict[str, WhiteLevel]]:
    """Return all readable pictures by file, and the white of each split; raise with every fault there is."""
    options = request.options
    with Faults(f"This copy of CORN-2 cannot be used: {request.source}") as faults:
        for first, second in found.duplicates:
            where = f"{first.relative_to(root)}, {second.relative_to(root)}"
            faults.add("Two files are the same image of a split by their names", where=where, hint="remove one")
        _check_counts(found, options, faults)
        pictures = _inspect_files(found, root, request, faults)
        _check_pictures(found, pictures, options, faults)
        splits = {split: [picture.brightness for picture in _pick(found.images, split, pictures)] for split in SPLITS}
        labels = {f"{split}_labels": _pick(found.labels, split, pictures) for split in SPLITS}
        add_unusable_sets(
            {name: [one.label for one in some] for name, some in labels.items()}, None, faults, LABELS_HINT
        )
        whites = decide_whites(splits, {split: options.get("white") for split in SPLITS}, WHITE, faults)
        for item in faults.items:
            item.where, item.why = (text.replace(f"{root}/", "") for text in (item.where, item.why))
    return pictures, whites


def _check_counts(found: FoundFiles, options: Mapping[str, Any], faults: Faults) -> None:
    expected = options["counts"] or {}
    for split in SPLITS:
        there, wanted = len(found.images.get(split, {})), expected.get(split)
        if there == 0:
            hint = f"folders such as {split}, {split[:-1]}/{split[-1]}; see {README_PATH}"
            faults.add(f"{split} was not found", hint=hint)
        elif wanted is not None and there != wanted:
            hint = "get the files again, or for a subset: dataset_options={counts: null, labelled_test: null}"
            faults.add(f"{split} has {there} images, not {wanted}", hint=hint)
    labelled = len(found.labels.get("testA", {}).keys() & found.images.get("testA", {}).keys())
    wanted = options["labelled_test"]
    if wanted is not None and labelled != wanted:
        bare = sorted(found.images.get("testA", {}).keys() - found.labels.get("testA", {}).keys())
        why = f"without: {', '.join(bare)}" if bare else ""
        hint = "get the labels again, or for a subset: dataset_options={labelled_test: null}"
        faults.add(f"{labelled} test images have a label, not {wanted}", where="testA", why=why, hint=hint)


def _inspect_files(
    found: FoundFiles, root: Path, request: PrepareRequest, faults: Faults
) -> dict[Path, InspectedImage]:
    paths = _list_paths(found)
    pictures = {}
    for done, path in enumerate(paths, start=1):
        picture = inspect_image(path, faults)
        if picture is not None:
            pictures[path] = picture
        request.progress(done, 2 * len(paths))
    return pictures


def _pick(
    files: Mapping[str, Mapping[str, Path]], split: str, pictures: Mapping[Path, InspectedImage]
) -> list[InspectedImage]:
    """Return what is known of the files of a split that could be read."""
    return [pictures[path] for path in files.get(split, {}).values() if path in pictures]


def _list_paths(found: FoundFiles) -> list[Path]:
    return [
        path for group in (found.images, found.labels) for split in SPLITS for path in group.get(split, {}).values()
    ]


def _check_pictures(
    found: FoundFiles, pictures: Mapping[Path, InspectedImage], options: Mapping[str, Any], faults: Faults
) -> None:
    images = {split: _pick(found.images, split, pictures) for split in SPLITS}
    everything = [picture for split in SPLITS for picture in images[split]]
    _check_sizes(everything, options["sizes"], faults)
    for picture in everything:
        if not picture.is_grey:
            why = "CORN-2 is grey; its copies have R = G = B"
            faults.add(
                "An image is coloured", where=str(picture.path), why=why, hint="get the file again, or remove it"
            )
    if options["duplicates"] == "refuse":
        add_duplicate_image_faults(images, faults, "remove one, or accept it: dataset_options={duplicates: allow}")
    for split in SPLITS:
        labels = found.labels.get(split, {})
        named = {name: pictures.get(path) for name, path in found.images.get(split, {}).items()}
        add_label_faults(named, {name: pictures.get(path) for name, path in labels.items()}, faults, labels)


def _check_sizes(pictures: Sequence[InspectedImage], sides: Sequence[int] | None, faults: Faults) -> None:
    usual = most_common_size(pictures) or (0, 0)
    for picture in pictures:
        size = f"{picture.size[0]}x{picture.size[1]}"
        if sides is not None and (picture.size[0] != picture.size[1] or picture.size[0] not in sides):
            wanted = " or ".join(f"{side}x{side}" for side in sides)
            faults.add(
                "An image has a wrong size", where=str(picture.path), why=f"{size}, not {wanted}", hint=SIZE_HINT
            )
        elif picture.size != usual:
            why = f"{size}, most are {usual[0]}x{usual[1]}"
            faults.add("An image differs in size from the others", where=str(picture.path), why=why, hint=SIZE_HINT)


def _write_splits(
    found: FoundFiles,
    root: Path,
    request: PrepareRequest,
    pictures: Mapping[Path, InspectedImage],
    whites: Mapping[str, WhiteLevel],
) -> None:
    """Write the splits, and where each file came from."""
    sources, read = {}, len(pictures)
    done = read
    _report_changes(found, root, request, pictures, whites)
    for group, ending in ((found.images, ""), (found.labels, "_labels")):
        for split in SPLITS:
            for name, path in group.get(split, {}).items():
                target = f"{split}{ending}/{name}.png"
                write_grey(
                    request.output / target, read_label(path) if ending else read_grey(path, whites[split].white)
                )
                sources[target] = {"from": str(path.relative_to(root)), "sha256": sha256(path)}
                done += 1
                request.progress(done, 2 * read)
    left_out = [str(path.relative_to(root)) for path in found.left_out]
    write_json(request.output / "sources.json", {"files": sources, "left_out": left_out})
    _warn_if_resized(next(iter(found.images["testA"].values())))


def _report_changes(
    found: FoundFiles,
    root: Path,
    request: PrepareRequest,
    pictures: Mapping[Path, InspectedImage],
    whites: Mapping[str, WhiteLevel],
) -> None:
    images = {split: _pick(found.images, split, pictures) for split in SPLITS}
    labels = [label for split in SPLITS for label in _pick(found.labels, split, pictures)]
    add_change_notes(request, root, images, labels, whites)
    named = {
        split: {f"{split}/{name}.png": pictures[path] for name, path in found.images[split].items()} for split in SPLITS
    }
    record_pixel_sizes(request, named, root)
    for why, files in find_unused_files(root, {*pictures, *found.left_out}).items():
        request.add_note(why, files)


def _warn_if_resized(example: Path) -> None:
    side = read_grey(example).shape[0]
    if side != NATIVE_SIDE_PX:
        print(
            f"note: these images are {side} pixels wide and are kept so. CORN-2's own size is {NATIVE_SIDE_PX}: "
            "copies of 512\nare upsampled, which lowers AvG and PIQE; "
            "figures at 512 do not compare with figures at 384.",
            file=sys.stderr,
        )
