"""What is done to a user's files that the user did not ask for, and which are left out, in words, with the files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from ..contract import PrepareRequest
from .decode import IMAGE_SUFFIXES
from .decoded import MAX_VALUE
from .inspection import InspectedImage
from .white_level import WhiteLevel


def add_change_notes(
    request: PrepareRequest,
    root: Path,
    images: Mapping[str, Sequence[InspectedImage]],
    labels: Sequence[InspectedImage],
    whites: Mapping[str, WhiteLevel],
) -> None:
    """Note what is done to which files: turned, scaled, transparency ignored, made grey, tags ignored, empty labels.

    ``images`` and ``whites`` are those of each folder below ``root``, the user's folder.
    """
    for what, some in _iterate_changes(images, labels, whites):
        if some:
            request.add_note(what, [str(one.path.relative_to(root)) for one in some])


def _iterate_changes(
    folders: Mapping[str, Sequence[InspectedImage]], labels: Sequence[InspectedImage], whites: Mapping[str, WhiteLevel]
) -> Iterator[tuple[str, list[InspectedImage]]]:
    images = [image for some in folders.values() for image in some]
    everything = [*images, *labels]
    yield "turned upright, as their metadata says", [one for one in everything if one.is_turned]
    for white in sorted({level.white for level in whites.values()} - {MAX_VALUE}):
        chosen = [image for name, some in folders.items() if whites[name].white == white for image in some]
        yield f"of 16 bit scaled so that {white} is white", [one for one in chosen if one.brightness.is_deep]
    yield "transparent in part, taken as if they were not", [one for one in everything if one.is_transparent]
    yield "in colour made grey", [image for image in images if not image.is_grey]
    for note in sorted({note for image in images for note in image.notes}):
        yield note, [image for image in images if note in image.notes]
    yield "empty labels", [label for label in labels if label.label.foreground_share == 0]


def find_unused_files(root: Path, used: Collection[Path]) -> dict[str, list[str]]:
    """Return the files below ``root`` that are not in ``used``, by why they are left out; hidden ones do not count."""
    read = set(used)
    found: dict[str, list[str]] = {}
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in inside.parts)
        if hidden or path in read or path.is_dir():
            continue
        found.setdefault(_unused_reason(path), []).append(str(inside))
    return found


def _unused_reason(path: Path) -> str:
    if path.is_symlink() and not path.exists():
        return "left out: a link to a file that is not there"
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return "left out: images in no folder of a split"
    kind = path.suffix.lower() or "without ending"
    return f"left out: {kind}, not of {', '.join(IMAGE_SUFFIXES)}"
