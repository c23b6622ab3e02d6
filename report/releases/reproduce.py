"""Rebuild the tables and figures of a release from its scores, and compare each with the published file."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from sspbench.files import read_json, sha256
from sspbench.images.pictures import read_grey
from sspbench.releases.packing import unpack_release
from sspbench.releases.release_folder import ReleasePart

from ..analysis.results import Results
from ..figures.draw_all import draw_figures
from ..tables.write_all import write_tables

# Tables of the paper itself: they do not depend on a release's scores.
PAPER_TABLES = frozenset({"audit_paper", "audit_claims", "audit_reasons"})

# By how much a figure is smaller than in print: 100 dots per inch.
FIGURE_SHRINK_FACTOR = 3
FIGURE_COLOUR_COUNT = 64

# Differences that the arithmetic of another processor may cause: of numbers (relative) and of pixels (of 255).
MAX_RELATIVE_NUMBER_DIFFERENCE = 1e-9
MAX_PIXEL_DIFFERENCE = 3


@contextmanager
def rebuild_release(part: ReleasePart) -> Iterator[Path]:
    """Give a temporary results folder with tables and figures, computed from the release's scores alone."""
    with tempfile.TemporaryDirectory(prefix="sspbench-release-") as folder:
        plan = unpack_release(part, Path(folder))
        results = Results(plan, partial=True)
        write_tables(results, plan.layout.tables)
        draw_figures(results, plan.layout.figures, pictures=False)
        _shrink_figures(plan.layout.figures)
        yield plan.layout.root


def _shrink_figures(figures: Path) -> None:
    """Reduce figures from print to screen size, with few colours and without PDF, since git keeps them."""
    for vector in figures.glob("*.pdf"):
        vector.unlink()
    for path in figures.glob("*.png"):
        with Image.open(path) as picture:
            small = picture.convert("RGB").reduce(FIGURE_SHRINK_FACTOR)
        small = small.quantize(FIGURE_COLOUR_COUNT, dither=Image.Dither.NONE)
        small.save(path, "PNG", optimize=True)


def hash_derived_files(root: Path) -> dict[str, str]:
    """Return the hashes of what a release keeps of a results folder's tables and figures, by relative name.

    These are the primary record, the tables as CSV and the figures; other formats of a table follow from its CSV.
    """
    tables = [path for path in (root / "tables").glob("*.csv") if path.stem not in PAPER_TABLES]
    found = (root / "tables/primary.json", *tables, *(root / "figures").glob("*.png"))
    return {path.relative_to(root).as_posix(): sha256(path) for path in sorted(found) if path.is_file()}


@dataclass
class ReleaseComparison:
    """The comparison of a release with what its scores give; a table or figure counts as equal, close or different."""

    part: ReleasePart
    altered: list[str]  # files that changed after publication
    equal: int = 0  # files that are equal byte for byte
    close: list[str] = field(default_factory=list)  # files whose bytes differ and whose numbers agree to nine digits
    different: list[str] = field(default_factory=list)  # files that differ or are missing

    @property
    def agrees(self) -> bool:
        """Whether nothing was altered and all files agree."""
        return not self.altered and not self.different

    def format_lines(self) -> list[str]:
        """Return one line per file that differs, then the counts."""
        lines = [*self.altered, *(f"DIFFERS  {name}" for name in self.different)]
        lines += [f"CLOSE    {name}: other bytes, the same numbers to nine digits" for name in self.close]
        total = self.equal + len(self.close) + len(self.different)
        counts = f"{self.equal} of {total} tables and figures are equal byte for byte"
        close = f", {len(self.close)} more to nine digits" if self.close else ""
        return [*lines, f"{self.part.name}: {counts}{close}"]


def reproduce_release(part: ReleasePart, keep: Path | None = None) -> ReleaseComparison:
    """Compare a release with what its scores give now.

    Args:
        part: The release.
        keep: A folder that takes the rebuilt tables and figures; None: they are not kept.

    Raises:
        UserError: a file that is needed is missing or has another form.
    """
    found = ReleaseComparison(part, part.find_changes())
    expected = part.expected_hashes()
    with rebuild_release(part) as root:
        made = hash_derived_files(root)
        for name in sorted(expected):  # tables that this version has added are in no older release
            if expected[name] == made.get(name):
                found.equal += 1
            elif name in made and is_alike(part.folder / name, root / name):
                found.close.append(name)
            else:
                found.different.append(name)
        if keep is not None:
            shutil.copytree(root, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs"))
    return found


def is_alike(published: Path, made: Path) -> bool:
    """Return whether two files hold the same numbers to nine digits, or two figures the same pixels.

    Of a record every published fact has to come back; its sentences, and facts added since, are not compared. Of a CSV
    file columns added since are not compared. A published file that was removed is not alike.
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
