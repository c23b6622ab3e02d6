"""Finds the splits in any layout of a copy of CORN-2, from the names of folders and files alone.

``trainA``, ``train_A``, ``Train/A``, ``train/LQ`` are one split; labels may lie in ``trainA_labels``,
``labels/trainA``, ``trainA/label`` or beside the images as ``x_label.png``; any folders may lie around them.
``testB`` is a stand-in that unpaired training codes ask for and is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from sspbench import IMAGE_SUFFIXES, SPLITS

PHASE_WORDS = {"train": "train", "training": "train", "test": "test", "testing": "test"}
DOMAIN_WORDS = {"a": "A", "low": "A", "lq": "A", "b": "B", "high": "B", "hq": "B"}
LABEL_WORDS = {
    "label", "labels", "mask", "masks", "gt", "groundtruth", "annotation", "annotations", "manual", "tracing",
}  # fmt: skip
# Words that may be next to a label word in a folder's name; ``CORN2 with labels`` is not a folder of labels.
FILLER_WORDS = {"nerve", "nerves", "binary", "image", "images", "img"}

WORD_PATTERN = re.compile(r"training|train|testing|test|[a-z]+|\d+")
LABEL_ENDING_PATTERN = re.compile(rf"[-_ .]?({'|'.join(sorted(LABEL_WORDS, key=len, reverse=True))})$", re.IGNORECASE)


def _empty_splits() -> dict[str, dict[str, Path]]:
    return {split: {} for split in SPLITS}


@dataclass
class FoundFiles:
    """Where the images are.

    Attributes:
        images: Files by split and name.
        labels: Label files by split and the name of their image.
        left_out: Images that belong to no split of ours.
        duplicates: Files whose split and name another file has already.
    """

    images: dict[str, dict[str, Path]] = field(default_factory=_empty_splits)
    labels: dict[str, dict[str, Path]] = field(default_factory=_empty_splits)
    left_out: list[Path] = field(default_factory=list)
    duplicates: list[tuple[Path, Path]] = field(default_factory=list)


def classify_path(path: PurePath) -> tuple[str | None, bool, str]:
    """Return the split of a file (None: unknown), whether it is a label, and the name of the image it belongs to.

    Args:
        path: Relative to the root of the copy.

    >>> classify_path(PurePath("CORN-2/Train/A/img_01.png"))
    ('trainA', False, 'img_01')
    >>> classify_path(PurePath("labels/testA/7_mask.tif"))
    ('testA', True, '7')
    """
    phase, domain, label = None, None, False
    for part in path.parts[:-1]:
        words = WORD_PATTERN.findall(part.lower())
        phase = next((PHASE_WORDS[word] for word in words if word in PHASE_WORDS), phase)
        domain = next((DOMAIN_WORDS[word] for word in words if word in DOMAIN_WORDS), domain)
        label = label or _is_label_folder(set(words))
    name = LABEL_ENDING_PATTERN.sub("", path.stem)
    label = label or name != path.stem
    return (f"{phase}{domain}" if phase and domain else None), label, name if label else path.stem


def _is_label_folder(words: set[str]) -> bool:
    return (
        not LABEL_WORDS.isdisjoint(words)
        and words <= LABEL_WORDS | FILLER_WORDS | PHASE_WORDS.keys() | DOMAIN_WORDS.keys()
    )


def find_splits(root: Path) -> FoundFiles:
    """Sort all image files below ``root``."""
    found = FoundFiles()
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in inside.parts)
        if hidden or path.suffix.lower() not in IMAGE_SUFFIXES or not path.is_file():
            continue
        split, label, name = classify_path(inside)
        if split not in SPLITS:
            found.left_out.append(path)
            continue
        files = (found.labels if label else found.images)[split]
        if name in files:
            found.duplicates.append((files[name], path))
        files.setdefault(name, path)
    return found
