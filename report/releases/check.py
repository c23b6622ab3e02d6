"""Whether a release can be merged: untouched, of known origin, its tables those of its scores, and possible."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.releases.records import FINAL_STATUSES
from sspbench.releases.release_folder import MAX_RELEASE_BYTES, RELEASE_RECORD, SUMS_FILE, ReleasePart

from .reproduce import reproduce_release

RELEASE_FILE_PATTERN = re.compile(
    r"release\.json|REMADE\.sha256|segmenter\.(json|csv)|(scores|losses)/[^/]+\.csv|runs/[^/]+\.json"
    r"|tables/(means/)?[^/]+\.(csv|json|md|tex)|figures/[^/]+\.(png|json)"
)
"""Names of the files of a release."""

COMMIT_PATTERN = re.compile("[0-9a-f]{40}")


def check_release(part: ReleasePart) -> list[str]:
    """Return all that is wrong with a release, a line each.

    Args:
        part: The release.
    """
    try:
        return [*find_foreign_files(part), *find_unknown_origins(part), *_find_recomputed_faults(part)]
    except UserError as error:
        return [str(error)]
    except (KeyError, TypeError, ValueError, AttributeError, FileNotFoundError) as error:
        return [f"UNREADABLE  a file of it is missing or has another form: {error!r}"]


def find_foreign_files(part: ReleasePart) -> Iterator[str]:
    """Yield files that have no place in a release; pictures among them."""
    for name in part.list_files():
        if not RELEASE_FILE_PATTERN.fullmatch(name):
            yield f"STRANGE  {name}: not a file of a release"
    for path in sorted(part.folder.rglob("*")):
        if path.is_symlink():
            yield f"LINK     {path.relative_to(part.folder)}: a release holds files, not links to them"
    size = sum((part.folder / name).stat().st_size for name in (*part.list_files(), SUMS_FILE))
    if size > MAX_RELEASE_BYTES:
        yield f"HEAVY    {size:,} bytes; {MAX_RELEASE_BYTES:,} at most"


def find_unknown_origins(part: ReleasePart) -> Iterator[str]:
    """Yield what is unknown of the origin: commits, images, machines, how each run ended."""
    facts = part.record
    if part.name != f"{facts['release']}/{facts['dataset']['id']}/{facts['preset']}":
        yield f"ORIGIN   {RELEASE_RECORD} is of {facts['release']}/{facts['dataset']['id']}/{facts['preset']}"
    commits = [*facts["commits"], facts["tables"]["commit"]]
    if not facts["commits"] or not all(COMMIT_PATTERN.fullmatch(commit) for commit in commits):
        yield f"ORIGIN   {RELEASE_RECORD} names no commit, or something that is not one"
    for row in [*facts["config"]["methods"], *facts["config"].get("external", {})]:
        path = part.folder / "runs" / f"{row}.json"
        runs = read_json(path) if path.is_file() else {}
        if sorted(map(int, runs)) != sorted(facts["seeds"]):
            yield f"ORIGIN   runs/{row}.json has seeds {', '.join(runs) or 'none'}, not those of {RELEASE_RECORD}"
        for seed, run in runs.items():
            yield from _find_run_faults(f"{row}, seed {seed}", run, facts)


def _find_run_faults(who: str, run: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[str]:
    if run["status"]["status"] not in FINAL_STATUSES:
        yield f"ORIGIN   {who} did not end: {run['status']['status']}"
    for stage, job in run["jobs"].items():
        place = facts["environments"].get(job.get("environment"), {})
        if place.get("dirty", True) or place.get("commit") not in facts["commits"]:
            yield f"ORIGIN   {who}, {stage}: ran with local changes or at a commit that {RELEASE_RECORD} does not name"
        if job.get("data", facts["data"]) != facts["data"]:
            yield f"ORIGIN   {who}, {stage}: other images than those of {RELEASE_RECORD}"


def _find_recomputed_faults(part: ReleasePart) -> Iterator[str]:
    """Yield what its scores do not give, and what our own audit calls impossible in what they give."""
    with tempfile.TemporaryDirectory(prefix="sspbench-check-") as place:
        folder = Path(place) / "rebuilt"
        found = reproduce_release(part, folder)
        if not found.agrees:
            yield from found.format_lines()
        audited = folder / "tables" / "audit_own.csv"
        cells = pd.read_csv(audited, keep_default_na=False) if audited.is_file() else pd.DataFrame(columns=["verdict"])
    for cell in cells[cells["verdict"] == "impossible"].itertuples(index=False):
        yield f"AUDIT    {cell.metric} of {cell.method} cannot be true: {cell.reason}"
