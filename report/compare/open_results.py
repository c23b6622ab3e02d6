"""Opens results: a results folder, a part of a release, or a release by its name."""

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

from .recorded_results import RecordedResults, read_results_folder

CHECKOUT_RESULTS_DIR = Path("results")  # where a checkout keeps its releases


@contextmanager
def open_results(place: str, like: RecordedResults | None = None) -> Iterator[RecordedResults]:
    """Give the results at a place; those of a release are unpacked into a temporary folder.

    Args:
        place: ``results/<data set>/<preset>``, ``results/published/<release>`` with or without
            ``<data set>/<preset>``, or a release's name.
        like: Of a release with several parts, the part with the data set and preset of these is meant.

    Raises:
        UserError: no results exist, or several and none is meant.
    """
    folder = Path(place)
    if (folder / "runs").is_dir() and not (folder / RELEASE_RECORD).is_file():
        yield read_results_folder(folder)
        return
    named = CHECKOUT_RESULTS_DIR / PUBLISHED_DIR / place
    if not folder.is_dir() and named.is_dir():
        folder = named
    elif not folder.is_dir():
        hint = "give results/<data set>/<preset>, or a release: " + (", ".join(_release_names()) or "there is none yet")
        raise UserError("No results have this name", where=place, hint=hint)
    part = _choose_part(find_release_parts(folder), like)
    with tempfile.TemporaryDirectory(prefix="sspbench-release-") as unpacked:
        plan = unpack_release(part, Path(unpacked))
        yield read_results_folder(plan.layout.root, f"release {part.name}", int(part.record["digits"]))


def find_newest_release() -> str:
    """Return the folder of the newest release of this checkout.

    Raises:
        UserError: this checkout has no release.
    """
    found = find_releases(CHECKOUT_RESULTS_DIR)
    if not found:
        raise UserError(
            "No release exists to verify against",
            where=str(CHECKOUT_RESULTS_DIR / PUBLISHED_DIR),
            hint="add --against",
        )
    return str(found[-1])


def _release_names() -> list[str]:
    return [folder.name for folder in find_releases(CHECKOUT_RESULTS_DIR)]


def _choose_part(found: Sequence[ReleasePart], like: RecordedResults | None) -> ReleasePart:
    """Return the part that is meant."""
    of = {tuple(part.name.split("/")[-2:]): part for part in found}
    if len(of) == 1:
        return found[0]
    wanted = None if like is None else like.dataset_and_preset
    if wanted not in of:
        hint = "give one of: " + ", ".join(str(part.folder) for part in found)
        raise UserError(
            "The release has several data sets or presets", where=str(found[0].folder.parents[1]), hint=hint
        )
    return of[wanted]
