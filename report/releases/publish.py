"""Publish a run's numbers in git: small, with everything that a reader needs to recompute each table."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from sspbench.checkout import ROOT
from sspbench.config.plan import Plan
from sspbench.errors import UserError
from sspbench.files import read_json, write_json
from sspbench.releases.packing import pack_release
from sspbench.releases.release_folder import (
    MAX_RELEASE_BYTES,
    RELEASE_NAME_PATTERN,
    RELEASE_RECORD,
    RELEASES_DIR,
    ReleasePart,
)

from .crate import CRATE_FILE, write_crate
from .merge import merge_parts
from .reproduce import hash_derived_files, rebuild_release

# A larger table is not kept, only its hash: its scores give it again.
MAX_TABLE_BYTES = 100_000

# Packages that tables and figures are made with.
MAKER_PACKAGES = ("matplotlib", "numpy", "pandas", "scipy")


def publish_release(plan: Plan, release: str, maker: Mapping[str, Any]) -> tuple[ReleasePart, bool]:
    """Publish the results of a plan in ``results/published/<release>``.

    Args:
        plan: What was run; its results may lie elsewhere.
        release: The release's name.
        maker: Commit of the code that computes the tables, see :func:`describe_checkout`.

    Returns:
        The release, and whether it is new; the same results published again change nothing.

    Raises:
        UserError: the results or the checkout cannot be published, or another release has this name.
    """
    _reject_local_changes(maker)
    target = _locate_part(release, plan.layout.dataset, plan.preset)
    with _temporary_folder(target.folder) as folder:
        part = pack_release(plan, release, folder)
        if target.folder.exists():
            _reject_other_results(part, target)
            return target, False
        _write_derived_files(part, maker)
        folder.rename(target.folder)
    return target, True


def merge_releases(pair: tuple[ReleasePart, ReleasePart], release: str, maker: Mapping[str, Any]) -> ReleasePart:
    """Join two parts of the same data set and preset under a new name, with tables and figures of all rows.

    Raises:
        UserError: the parts or the checkout do not allow it, or the name is taken.
    """
    _reject_local_changes(maker)
    target = _locate_part(release, *pair[0].dataset_and_preset)
    if target.folder.exists():
        hint = "choose another name: a release stays as it is"
        raise UserError(f"A release is called {target.name} already", where=str(target.folder), hint=hint)
    with _temporary_folder(target.folder) as folder:
        _write_derived_files(merge_parts(*pair, release, folder), maker)
        folder.rename(target.folder)
    return target


def renew_release(part: ReleasePart, maker: Mapping[str, Any]) -> list[str]:
    """Recompute the tables and figures of a release with today's code; its scores and records stay.

    Returns:
        The names of the tables and figures that changed, came or went, and of the crate where there was none.

    Raises:
        UserError: the checkout has local changes, or a file of the release itself was changed.
    """
    _reject_local_changes(maker)
    wrong = part.find_changes()
    if wrong:
        hint = f"restore it: git checkout -- {part.folder}"
        what = "The release was changed after it was published"
        raise UserError(what, where=str(part.folder), why="; ".join(wrong), hint=hint)
    before = part.expected_hashes()
    with _temporary_folder(part.folder) as folder:
        shutil.copytree(part.folder, folder, dirs_exist_ok=True)
        fresh = ReleasePart(folder)
        _write_derived_files(fresh, maker)
        after = fresh.expected_hashes()
        changed = sorted(name for name in before | after if before.get(name) != after.get(name))
        changed += [] if (part.folder / CRATE_FILE).is_file() else [CRATE_FILE]
        if changed:
            shutil.rmtree(part.folder)
            folder.rename(part.folder)
    return changed


def describe_checkout() -> dict[str, Any]:
    """Return the checkout's commit, its date and its tracked files with local changes, published results left out.

    Raises:
        UserError: this is not a git checkout.
    """
    try:
        head, date = _run_git("show", "--no-patch", "--format=%H %cI", "HEAD").split()
        changed = _run_git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{RELEASES_DIR.as_posix()}")
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            "Publishing needs a git checkout: a release names its commit",
            where=str(ROOT),
            why="git does not know this folder, or is not installed",
            hint="clone the repository, copy your results folder into it, and publish there",
        ) from error
    return {"commit": head, "date": date, "changed": [line[3:] for line in changed.splitlines()]}


def _run_git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True).stdout


def _locate_part(release: str, dataset: str, preset: str) -> ReleasePart:
    if not RELEASE_NAME_PATTERN.fullmatch(release):
        raise UserError(f"{release!r} is not a name for a release", hint="letters, digits, '.', '_' and '-', e.g. v1")
    return ReleasePart(RELEASES_DIR / release / dataset / preset)


def _reject_local_changes(maker: Mapping[str, Any]) -> None:
    if maker["changed"]:
        why = "the release would name a commit that its tables were not made with"
        where = ", ".join(maker["changed"][:10])
        raise UserError("The checkout has local changes", where=where, why=why, hint="commit them first")


@contextmanager
def _temporary_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder on the target's file system, in the published folder; it is gone afterwards."""
    home = target.parents[2]
    home.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=home, ignore_cleanup_errors=True) as place:
            folder = Path(place) / "part"
            folder.mkdir()
            yield folder
    finally:
        _remove_empty_folders(target)


def withdraw_part(folder: Path) -> None:
    """Remove a part that was published before a later one could not be."""
    shutil.rmtree(folder)
    _remove_empty_folders(folder)


def _remove_empty_folders(target: Path) -> None:
    """Remove the folders of a data set and of a release that hold nothing."""
    for empty in (target.parent, target.parent.parent):
        if not any(empty.iterdir()):
            empty.rmdir()


def _reject_other_results(part: ReleasePart, target: ReleasePart) -> None:
    """Reject other results under a name that is taken. Tables do not count: they follow from the scores."""
    ours, theirs = (read_json(one.folder / RELEASE_RECORD) for one in (part, target))
    theirs.pop("tables")
    names = [name for name in part.list_files() if name != RELEASE_RECORD]
    differ = [] if ours == theirs else [RELEASE_RECORD]
    differ += [name for name in names if _read_bytes(part.folder / name) != _read_bytes(target.folder / name)]
    if differ:
        hint = "a release stays as it is: publish under another name"
        why = f"it differs in {', '.join(differ[:5])}"
        raise UserError(f"Another release is called {target.name}", where=str(target.folder), why=why, hint=hint)


def _read_bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _write_derived_files(part: ReleasePart, maker: Mapping[str, Any]) -> None:
    """Write tables and figures from the packed scores, what made them, and the sums."""
    for old in (part.tables, part.figures):
        shutil.rmtree(old, ignore_errors=True)
    versions = {name: metadata.version(name) for name in MAKER_PACKAGES}
    with rebuild_release(part) as root:
        hashes = hash_derived_files(root)
        large = {}
        for name, value in hashes.items():
            path = root / name
            if path.suffix == ".csv" and path.stat().st_size > MAX_TABLE_BYTES:
                large[name] = value
                continue
            (part.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, part.folder / name)
    made = {"commit": maker["commit"], "versions": versions, "large": large}
    write_json(part.folder / RELEASE_RECORD, {**read_json(part.folder / RELEASE_RECORD), "tables": made})
    write_crate(part, maker["commit"], maker["date"])
    part.write_sums_file()
    _reject_large_release(part)


def _reject_large_release(part: ReleasePart) -> None:
    """Reject a data set's part of more than :data:`MAX_RELEASE_BYTES`."""
    size = part.count_bytes()
    if size > MAX_RELEASE_BYTES:
        why = f"{size:,} bytes; {MAX_RELEASE_BYTES:,} at most per data set, since every clone carries them"
        largest = sorted(part.list_files(), key=lambda name: -(part.folder / name).stat().st_size)[:3]
        where = f"largest: {', '.join(largest)}"
        raise UserError("The release is too large for git", where=where, why=why, hint="fewer seeds or rows")
