"""Rebuild the tables and figures of a release from its scores, and compare each with the published file."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sspbench.files import read_json
from sspbench.images.pictures import read_grey
from sspbench.releases.release_folder import ReleasePart

from .rebuild import hash_derived_files, rebuild_release

# Differences that the arithmetic of another processor may cause: of numbers (relative) and of pixels (of 255).
MAX_RELATIVE_NUMBER_DIFFERENCE = 1e-9
MAX_PIXEL_DIFFERENCE = 3


@dataclass
class ReleaseComparison:
    """The comparison of a release with what its scores give.

    Attributes:
        part: The release.
        altered: Files that changed after publication.
        total: Number of tables and figures compared.
        equal: Number of files that are equal byte for byte.
        close: Files whose bytes differ and whose numbers all agree to nine digits.
        different: Files that differ or are missing.
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
        """Return one line per file that differs, then the counts."""
        lines = [*self.altered, *(f"DIFFERS  {name}" for name in self.different)]
        lines += [f"CLOSE    {name}: other bytes, the same numbers to nine digits" for name in self.close]
        counts = f"{self.equal} of {self.total} tables and figures are equal byte for byte"
        close = f", {len(self.close)} more to nine digits" if self.close else ""
        return [*lines, f"{self.part.name}: {counts}{close}"]


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
        made = hash_derived_files(plan.layout.root)
        found.total = len(expected)
        for name in sorted(expected):  # tables that this version has added are in no older release
            if expected.get(name) == made.get(name):
                found.equal += 1
            elif name in made and is_alike(part.folder / name, plan.layout.root / name):
                found.close.append(name)
            else:
                found.different.append(name)
        if keep is not None:
            shutil.copytree(plan.layout.root, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs"))
    return found


def is_alike(published: Path, made: Path) -> bool:
    """Return whether two files hold the same numbers to nine digits, or two figures the same pixels.

    Of a record every published fact has to come back; its sentences, and facts added since, are not compared. Of a CSV
    file columns added since are not compared.

    Args:
        published: The published file; it may have been removed.
        made: The rebuilt file.
    """
    if not published.is_file():
        return False
    if made.suffix == ".png":
        return _is_same_picture(read_grey(published), read_grey(made))
    if made.suffix == ".json":
        return _holds_record(read_json(published), read_json(made))
    if made.suffix == ".csv":
        return _is_same_csv(published, made)
    return _is_same_text(published.read_text(encoding="utf-8"), made.read_text(encoding="utf-8"))


def _is_same_csv(published: Path, made: Path) -> bool:
    try:
        one, other = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (published, made))
    except ValueError:  # no CSV at all
        return False
    columns = list(one.columns)
    return set(columns) <= set(other.columns) and _is_same_text(one.to_csv(), other[columns].to_csv())


def _is_same_picture(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and int(np.abs(one.astype(int) - other.astype(int)).max()) <= MAX_PIXEL_DIFFERENCE


# Keys of a record whose words may change from version to version.
PROSE_KEYS = frozenset({"headline", "subline", "differences", "caveats", "note", "heading"})


def _holds_record(published: Any, made: Any) -> bool:
    """Return whether a record has all facts of the published one."""
    if isinstance(published, dict):
        facts = published.keys() - PROSE_KEYS
        return isinstance(made, dict) and all(_holds_record(published[key], made.get(key)) for key in facts)
    if isinstance(published, list):
        if not isinstance(made, list) or len(published) != len(made):
            return False
        return all(_holds_record(one, other) for one, other in zip(published, made, strict=True))
    if isinstance(published, float) and isinstance(made, (int, float)):
        return isclose(published, made, rel_tol=MAX_RELATIVE_NUMBER_DIFFERENCE, abs_tol=1e-12)
    return bool(published == made)


NUMBER_PATTERN = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")


def _is_same_text(one: str, other: str) -> bool:
    if NUMBER_PATTERN.sub("#", one) != NUMBER_PATTERN.sub("#", other):
        return False
    pairs = zip(NUMBER_PATTERN.findall(one), NUMBER_PATTERN.findall(other), strict=True)
    return all(isclose(float(a), float(b), rel_tol=MAX_RELATIVE_NUMBER_DIFFERENCE, abs_tol=1e-12) for a, b in pairs)
