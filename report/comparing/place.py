"""Where results are: a results folder, a part of a release, or a release by its name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sspbench.errors import UserError
from sspbench.releases.packing import unpack_release
from sspbench.releases.release_folder import (
    PUBLISHED_DIR,
    RELEASE_RECORD,
    ReleasePart,
    find_release_parts,
    find_releases,
)

from .recorded import Recorded, recorded

RESULTS = Path("results")
"""Where a checkout keeps its releases."""


@contextmanager
def opened(place: str, like: Recorded | None = None) -> Iterator[Recorded]:
    """Give the results at a place; those of a release are unpacked into a temporary folder.

    Args:
        place: ``results/<data set>/<preset>``, ``results/published/<release>`` with or without
            ``<data set>/<preset>``, or a release's name.
        like: Of a release with several parts, the part with the data set and preset of these is meant.

    Raises:
        UserError: there are no results, or several and none is meant.
    """
    folder = Path(place)
    if (folder / "runs").is_dir() and not (folder / RELEASE_RECORD).is_file():
        yield recorded(folder)
        return
    named = RESULTS / PUBLISHED_DIR / place
    if not folder.is_dir() and named.is_dir():
        folder = named
    elif not folder.is_dir():
        hint = "give results/<data set>/<preset>, or a release: " + (", ".join(_names()) or "there is none yet")
        raise UserError("There are no results of this name", where=place, hint=hint)
    part = _chosen(find_release_parts(folder), like)
    with tempfile.TemporaryDirectory(prefix="sspbench-release-") as unpacked:
        plan = unpack_release(part, Path(unpacked))
        yield recorded(plan.layout.root, f"release {part.name}", int(part.record["digits"]))


def newest() -> str:
    """Return the folder of the newest release of this checkout.

    Raises:
        UserError: there is none.
    """
    found = find_releases(RESULTS)
    if not found:
        raise UserError(
            "There is no release to verify against", where=str(RESULTS / PUBLISHED_DIR), hint="add --against"
        )
    return str(found[-1])


def _names() -> list[str]:
    return [folder.name for folder in find_releases(RESULTS)]


def _chosen(found: Sequence[ReleasePart], like: Recorded | None) -> ReleasePart:
    """Return the part that is meant."""
    of = {tuple(part.name.split("/")[-2:]): part for part in found}
    if len(of) == 1:
        return found[0]
    wanted = None if like is None else like.subject
    if wanted not in of:
        hint = "give one of: " + ", ".join(str(part.folder) for part in found)
        raise UserError(
            "The release has several data sets or presets", where=str(found[0].folder.parents[1]), hint=hint
        )
    return of[wanted]
