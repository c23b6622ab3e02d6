"""Rebuild the tables, statistics and number figures of a release from its scores."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from sspbench.config.plan import Plan
from sspbench.files import sha256
from sspbench.releases.packing import unpack_release
from sspbench.releases.release_folder import ReleasePart

from ..analysis.results import Results
from ..figures.draw_all import draw_figures
from ..tables.write_all import write_tables

PRIMARY_RECORD = "tables/primary.json"

# Tables of the paper itself: they do not depend on a release's scores.
PAPER_TABLES = frozenset({"audit_paper", "audit_claims", "audit_reasons"})

# By how much a figure is smaller than in print: 100 dots per inch.
FIGURE_SHRINK_FACTOR = 3
FIGURE_COLOUR_COUNT = 64


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
    """Reduce figures from print to screen size, with few colours and without PDF, since git keeps them."""
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


def hash_derived_files(root: Path) -> dict[str, str]:
    """Return the hashes of what a release keeps of the files that its scores give, by relative name.

    These are the primary record, the tables as CSV and the figures; other formats of a table follow from its CSV.

    Args:
        root: A results folder with tables and figures.
    """
    tables = [path for path in (root / "tables").glob("*.csv") if path.stem not in PAPER_TABLES]
    found = (root / PRIMARY_RECORD, *tables, *(root / "figures").glob("*.png"))
    return {str(path.relative_to(root)): sha256(path) for path in sorted(found) if path.is_file()}
