"""Import a copy of CORN-2: find its splits, verify all of it, write 8-bit grey PNG at its own size."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sspbench import (
    SPLITS,
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

NATIVE_SIDE_PX = 384
SIZE_HINT = "get the file again; for copies of another size see data/corn2/README.md"
WHITE = "dataset_options={white: N}"
README_PATH = "data/corn2/README.md"
LABELS_HINT = "get the labels again: white is nerve"


@dataclass(frozen=True)
class _Copy:
    """A user's copy: its root, the files of its splits, and what is known of those that can be read."""

    root: Path
    found: FoundFiles
    pictures: dict[Path, InspectedImage]

    def pick(self, files: Mapping[str, Path]) -> list[InspectedImage]:
        """Return what is known of files, by name, as far as they can be read."""
        return [self.pictures[path] for path in files.values() if path in self.pictures]

    def list_images(self) -> dict[str, list[InspectedImage]]:
        """Return the readable images by split."""
        return {split: self.pick(files) for split, files in self.found.images.items()}


def prepare(request: PrepareRequest) -> None:
    """Verify and convert ``request.source``, a folder or an archive.

    Raises:
        UserError: wrong counts, sizes, colour, duplicates, labels without image, unreadable files: all at once.
    """
    if request.source is None:
        raise UserError("CORN-2 needs your copy", where="config: data_root", hint=f"where to ask: {README_PATH}")
    with open_source(request.source, request.output.parent) as root:
        copy = _Copy(root, find_splits(root), {})
        whites = _verify_copy(copy, request)
        _report_changes(copy, request, whites)
        _write_splits(copy, request, whites)


def _verify_copy(copy: _Copy, request: PrepareRequest) -> dict[str, WhiteLevel]:
    """Look at all pictures and return the white of each split; raise with every fault there is."""
    options, found, root = request.options, copy.found, copy.root
    with Faults(f"This copy of CORN-2 cannot be used: {request.source}") as faults:
        for first, second in found.duplicates:
            where = f"{first.relative_to(root)}, {second.relative_to(root)}"
            faults.add("Two files are the same image of a split by their names", where=where, hint="remove one")
        _check_counts(found, options, faults)
        _inspect_files(copy, request, faults)
        _check_pictures(copy, options, faults)
        labels = {f"{split}_labels": [one.label for one in copy.pick(files)] for split, files in found.labels.items()}
        add_unusable_sets(labels, None, faults, LABELS_HINT)
        seen = {split: [picture.brightness for picture in some] for split, some in copy.list_images().items()}
        whites = decide_whites(seen, dict.fromkeys(SPLITS, options.get("white")), WHITE, faults)
        faults.shorten_paths(root)
    return whites


def _check_counts(found: FoundFiles, options: Mapping[str, Any], faults: Faults) -> None:
    expected = options["counts"] or {}
    for split, files in found.images.items():
        wanted = expected.get(split)
        if not files:
            hint = f"folders such as {split}, {split[:-1]}/{split[-1]}; see {README_PATH}"
            faults.add(f"{split} was not found", hint=hint)
        elif wanted is not None and len(files) != wanted:
            hint = "get the files again, or for a subset: dataset_options={counts: null, labelled_test: null}"
            faults.add(f"{split} has {len(files)} images, not {wanted}", hint=hint)
    images, labels = found.images["testA"].keys(), found.labels["testA"].keys()
    labelled, wanted = len(labels & images), options["labelled_test"]
    if wanted is not None and labelled != wanted:
        bare = sorted(images - labels)
        why = f"without: {', '.join(bare)}" if bare else ""
        hint = "get the labels again, or for a subset: dataset_options={labelled_test: null}"
        faults.add(f"{labelled} test images have a label, not {wanted}", where="testA", why=why, hint=hint)


def _inspect_files(copy: _Copy, request: PrepareRequest, faults: Faults) -> None:
    groups = [*copy.found.images.values(), *copy.found.labels.values()]
    paths = [path for files in groups for path in files.values()]
    for done, path in enumerate(paths, start=1):
        picture = inspect_image(path, faults)
        if picture is not None:
            copy.pictures[path] = picture
        request.progress(done, 2 * len(paths))


def _check_pictures(copy: _Copy, options: Mapping[str, Any], faults: Faults) -> None:
    images, pictures = copy.list_images(), copy.pictures
    everything = [picture for some in images.values() for picture in some]
    _check_sizes(everything, options["sizes"], faults)
    for picture in everything:
        if not picture.is_grey:
            why, hint = "CORN-2 is grey; its copies have R = G = B", "get the file again, or remove it"
            faults.add("An image is coloured", where=str(picture.path), why=why, hint=hint)
    if options["duplicates"] == "refuse":
        add_duplicate_image_faults(images, faults, "remove one, or accept it: dataset_options={duplicates: allow}")
    for split, labels in copy.found.labels.items():
        named = {name: pictures.get(path) for name, path in copy.found.images[split].items()}
        add_label_faults(named, {name: pictures.get(path) for name, path in labels.items()}, faults, labels)


def _check_sizes(pictures: Sequence[InspectedImage], sides: Sequence[int] | None, faults: Faults) -> None:
    usual = most_common_size(pictures) or (0, 0)
    for picture in pictures:
        size, where = f"{picture.size[0]}x{picture.size[1]}", str(picture.path)
        if sides is not None and (picture.size[0] != picture.size[1] or picture.size[0] not in sides):
            why = f"{size}, not {' or '.join(f'{side}x{side}' for side in sides)}"
            faults.add("An image has a wrong size", where=where, why=why, hint=SIZE_HINT)
        elif picture.size != usual:
            why = f"{size}, most are {usual[0]}x{usual[1]}"
            faults.add("An image differs in size from the others", where=where, why=why, hint=SIZE_HINT)


def _report_changes(copy: _Copy, request: PrepareRequest, whites: Mapping[str, WhiteLevel]) -> None:
    """Record whites and scales, and note what is done to files and which are not used."""
    request.record("white", [level.as_json() for level in whites.values()])
    labels = [label for files in copy.found.labels.values() for label in copy.pick(files)]
    add_change_notes(request, copy.root, copy.list_images(), labels, whites)
    named = {
        split: {f"{split}/{name}.png": copy.pictures[path] for name, path in files.items()}
        for split, files in copy.found.images.items()
    }
    record_pixel_sizes(request, named, copy.root)
    for why, unused in find_unused_files(copy.root, {*copy.pictures, *copy.found.left_out}).items():
        request.add_note(why, unused)


def _write_splits(copy: _Copy, request: PrepareRequest, whites: Mapping[str, WhiteLevel]) -> None:
    """Write the splits, and where each file came from."""
    sources, total = {}, 2 * len(copy.pictures)
    for group, ending in ((copy.found.images, ""), (copy.found.labels, "_labels")):
        for split, files in group.items():
            for name, path in files.items():
                target = f"{split}{ending}/{name}.png"
                pixels = read_label(path) if ending else read_grey(path, whites[split].white)
                write_grey(request.output / target, pixels)
                sources[target] = {"from": str(path.relative_to(copy.root)), "sha256": sha256(path)}
                request.progress(len(copy.pictures) + len(sources), total)
    left_out = [str(path.relative_to(copy.root)) for path in copy.found.left_out]
    write_json(request.output / "sources.json", {"files": sources, "left_out": left_out})
    _warn_if_resized(next(iter(copy.found.images["testA"].values())))


def _warn_if_resized(example: Path) -> None:
    side = read_grey(example).shape[0]
    if side != NATIVE_SIDE_PX:
        print(
            f"note: these images are {side} pixels wide and are kept so. CORN-2's own size is {NATIVE_SIDE_PX}: "
            "copies of 512\nare upsampled, which lowers AvG and PIQE; "
            "figures at 512 do not compare with figures at 384.",
            file=sys.stderr,
        )
