"""Rebuild what a release shows from its scores, and compare every file with the published one."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path

import numpy as np

from sspbench.images.grey import read_grey
from sspbench.releases.release_folder import ReleasePart

from .rebuild import hash_rebuilt_files, rebuild_release

MAX_RELATIVE_NUMBER_DIFFERENCE = 1e-9
"""Relative difference of numbers that another processor's arithmetic may bring about."""

MAX_PIXEL_DIFFERENCE = 3
"""Difference of a figure's pixels, of 255, that another processor's arithmetic may bring about."""


@dataclass
class ReleaseComparison:
    """What comparing a release with its own scores gave.

    Attributes:
        part: The release.
        altered: Files that are not as they were published.
        total: Tables and figures that were compared.
        equal: How many are equal byte for byte.
        close: Those whose text differs but whose every number agrees to nine digits.
        different: Those that are otherwise, missing or too many.
    """

    part: ReleasePart
    altered: list[str]
    total: int = 0
    equal: int = 0
    close: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing was altered and all files agree."""
        return not self.altered and not self.different

    def format_lines(self) -> list[str]:
        """Return the comparison in words."""
        told = [*self.altered, *(f"DIFFERS  {name}" for name in self.different)]
        told += [f"CLOSE    {name}: other bytes, the same numbers to nine digits" for name in self.close]
        counts = f"{self.equal} of {self.total} tables and figures are equal byte for byte"
        close = f", {len(self.close)} more to nine digits" if self.close else ""
        return [*told, f"{self.part.name}: {counts}{close}"]


def reproduce_release(part: ReleasePart, keep: Path | None = None) -> ReleaseComparison:
    """Compare a release with what its scores give now.

    Args:
        part: The release.
        keep: A folder that takes the rebuilt tables and figures.

    Raises:
        UserError: a file that is needed is missing or has another form.
    """
    found = ReleaseComparison(part, part.find_changes())
    expected = part.expected_hashes()
    with rebuild_release(part) as plan:
        made = hash_rebuilt_files(plan.layout.root)
        found.total = len(expected)
        for name in sorted(expected | made):
            if expected.get(name) == made.get(name):
                found.equal += 1
            elif name in expected and name in made and is_alike(part.folder / name, plan.layout.root / name):
                found.close.append(name)
            else:
                found.different.append(name)
        if keep is not None:
            shutil.copytree(plan.layout.root, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs"))
    return found


def is_alike(published: Path, made: Path) -> bool:
    """Return whether two files say the same to nine digits, or two figures look the same.

    Args:
        published: The published file; it may be one whose hash alone was kept.
        made: The rebuilt file.
    """
    if not published.is_file():
        return False
    if made.suffix == ".png":
        return _is_same_picture(read_grey(published), read_grey(made))
    return _is_same_text(published.read_text(encoding="utf-8"), made.read_text(encoding="utf-8"))


def _is_same_picture(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and int(np.abs(one.astype(int) - other.astype(int)).max()) <= MAX_PIXEL_DIFFERENCE


NUMBER_PATTERN = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")


def _is_same_text(one: str, other: str) -> bool:
    if NUMBER_PATTERN.sub("#", one) != NUMBER_PATTERN.sub("#", other):
        return False
    pairs = zip(NUMBER_PATTERN.findall(one), NUMBER_PATTERN.findall(other), strict=True)
    return all(isclose(float(a), float(b), rel_tol=MAX_RELATIVE_NUMBER_DIFFERENCE, abs_tol=1e-12) for a, b in pairs)
