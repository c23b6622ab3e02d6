"""Everything that a release's scores give: its tables, statistics and the figures made of numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from sspbench.config.plan import Plan
from sspbench.files import sha256
from sspbench.releases.packing import unpack_release
from sspbench.releases.release_folder import ReleasePart, is_derived_file

from ..analysis.results import Results
from ..figures.draw_all import draw_figures
from ..tables.write_all import write_tables

REBUILT_DIRS = ("tables", "figures")

FIGURE_SHRINK_FACTOR = 3
"""By how much a figure is smaller than in print: 100 dots per inch."""

FIGURE_COLOUR_COUNT = 64
"""Colours of a published figure."""


@contextmanager
def rebuild_release(part: ReleasePart) -> Iterator[Plan]:
    """Give the plan of a temporary results folder with tables and figures, computed from the release's scores alone."""
    with tempfile.TemporaryDirectory(prefix="sspbench-release-") as folder:
        plan = unpack_release(part, Path(folder))
        results = Results(plan, partial=True)
        write_tables(results, plan.layout.tables)
        draw_figures(results, plan.layout.figures, pictures=False)
        _shrink_figures(plan.layout.figures)
        yield plan


def _shrink_figures(figures: Path) -> None:
    """Reduce figures from print to screen size, with few colours and without PDF: they are kept in git."""
    for vector in figures.glob("*.pdf"):
        vector.unlink()
    for path in figures.glob("*.png"):
        with Image.open(path) as picture:
            small = (
                picture.convert("RGB")
                .reduce(FIGURE_SHRINK_FACTOR)
                .quantize(FIGURE_COLOUR_COUNT, dither=Image.Dither.NONE)
            )
        small.save(path, "PNG", optimize=True)


def hash_rebuilt_files(root: Path) -> dict[str, str]:
    """Return the hashes of all tables and figures below a folder, by relative name."""
    found = (path for name in REBUILT_DIRS for path in (root / name).rglob("*") if path.is_file())
    names = {str(path.relative_to(root)): path for path in sorted(found)}
    return {name: sha256(path) for name, path in names.items() if is_derived_file(name)}
