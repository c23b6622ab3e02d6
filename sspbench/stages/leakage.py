"""Keeps test images out of training: near copies of them, and other images of the same patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ..contract import NoteCallback
from ..errors import Faults
from ..images.manifest import Manifest
from ..images.near_copies import NearCopy, find_near_copies
from ..images.pictures import list_images

TEST_SPLIT = "testA"
TRAINING_SPLITS = ("trainA", "trainB")
SIDE_BY_SPLIT = {TEST_SPLIT: "test", **dict.fromkeys(TRAINING_SPLITS, "train")}

SAME_PLACE_NOTE = "show the same place as a training image: maybe neighbouring frames, so no independent test"


def reject_test_copies(folder: Path, tell: NoteCallback, hint: str) -> None:
    """Reject test images that are copies of training images; ``tell`` which others show the same place.

    Raises:
        UserError: all copies.
    """
    found = find_test_copies(folder)
    overlapping = [_shorten(copy.path) for copy in found if not copy.is_copy]
    if overlapping:
        tell(SAME_PLACE_NOTE, overlapping)
    with Faults("Test images are in training", where=str(folder)) as faults:
        for copy in found:
            if copy.is_copy:
                where = f"{_shorten(copy.path)}, {_shorten(copy.known)}"
                still = f" and their parts move by {copy.movement_px:.2f} px only" if copy.is_still else ""
                why = f"one registered onto the other, they correlate by {copy.correlation:.2f}{still}"
                faults.add("A test image is a copy of a training image", where=where, why=why, hint=hint)


def find_test_copies(folder: Path) -> list[NearCopy]:
    """Return the test images that show what a training image shows."""
    images = {split: list_images(folder / split) for split in SIDE_BY_SPLIT}
    return find_near_copies(images[TEST_SPLIT], [path for split in TRAINING_SPLITS for path in images[split]])


def reject_shared_subjects(manifest: Manifest, hint: str) -> None:
    """Reject a subject whose images are in training and test, where the data set knows subjects.

    Raises:
        UserError: all such subjects.
    """
    with Faults("Patients are in training and test", where=str(manifest.folder)) as faults:
        for subject, files in _find_shared_subjects(manifest):
            faults.add(f"Subject {subject} is in training and test", where=", ".join(files), hint=hint)


def _find_shared_subjects(manifest: Manifest) -> Iterator[tuple[str, list[str]]]:
    """Yield the subjects on both sides, with an image of each side."""
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in manifest.content["images"]:
        if "subject" in entry and entry["split"] in SIDE_BY_SPLIT:
            files[str(entry["subject"])].setdefault(SIDE_BY_SPLIT[entry["split"]], entry["path"])
    for subject, sides in sorted(files.items()):
        if len(sides) > 1:
            yield subject, [sides["test"], sides["train"]]


def _shorten(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
