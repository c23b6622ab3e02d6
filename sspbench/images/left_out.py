"""Files in a user's folder that nothing is made of: they are reported, since no one misses them in time."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from .decode import IMAGE_SUFFIXES


def find_unused_files(root: Path, used: Collection[Path]) -> dict[str, list[str]]:
    """Return the files below ``root`` that are not in ``used``, by why they are left out; hidden ones do not count.

    Args:
        root: The user's folder.
        used: The files that are read.
    """
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
