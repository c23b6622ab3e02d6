"""What is done to a user's files that the user did not ask for, in words, with the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..contract import PrepareRequest
from .inspection import InspectedImage
from .white_level import WhiteLevel

FULL_16_BIT_LEVEL = 65535
"""White of files that use all of 16 bit: nothing to be reported."""


def add_change_notes(
    request: PrepareRequest,
    root: Path,
    images: Mapping[str, Sequence[InspectedImage]],
    labels: Sequence[InspectedImage],
    whites: Mapping[str, WhiteLevel],
) -> None:
    """Note what is done to which files: turned, scaled, transparency ignored, made grey, tags ignored, empty labels.

    Args:
        request: The request whose ``add_note`` is called.
        root: The user's folder.
        images: The images of each folder.
        labels: The labels.
        whites: The white of each folder.
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
    for white in sorted({level.white for level in whites.values()} - {FULL_16_BIT_LEVEL}):
        chosen = [image for name, some in folders.items() if whites[name].white == white for image in some]
        yield f"of 16 bit scaled so that {white} is white", [one for one in chosen if one.brightness.is_deep]
    yield "transparent in part, taken as if they were not", [one for one in everything if one.is_transparent]
    yield "in colour made grey", [image for image in images if not image.is_grey]
    for note in sorted({note for image in images for note in image.notes}):
        yield note, [image for image in images if note in image.notes]
    yield "empty labels", [label for label in labels if label.label.foreground_share == 0]
