"""Check whether a release can be merged: unchanged, of known origin, with tables that follow from its scores."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sspbench.errors import UserError
from sspbench.files import read_mapping
from sspbench.releases.records import FINAL_STATUSES
from sspbench.releases.release_folder import MAX_RELEASE_BYTES, RELEASE_RECORD, ReleasePart

from .reproduce import reproduce_release

RELEASE_FILE_PATTERN = re.compile(
    r"(release|runs|croissant|ro-crate-metadata)\.json|workflow/Snakefile|"
    r"(scores|scores_low|notes|losses)\.csv|tables/(primary\.json|[^/]+\.csv)|figures/[^/]+\.png"
)

COMMIT_PATTERN = re.compile("[0-9a-f]{40}")


def check_release(part: ReleasePart) -> list[str]:
    """Return every fault of a release, one line each."""
    try:
        return [*find_foreign_files(part), *find_unknown_origins(part), *_find_recomputed_faults(part)]
    except UserError as error:
        return [str(error)]
    except (KeyError, TypeError, ValueError, AttributeError, FileNotFoundError) as error:
        return [f"UNREADABLE  a file of it is missing or has another form: {error!r}"]


def find_foreign_files(part: ReleasePart) -> Iterator[str]:
    """Yield files that do not belong to a release, such as pictures."""
    for name in part.list_files():
        if not RELEASE_FILE_PATTERN.fullmatch(name):
            yield f"UNKNOWN  {name}: not a file of a release"
    for path in sorted(part.folder.rglob("*")):
        if path.is_symlink():
            yield f"LINK     {path.relative_to(part.folder)}: a release holds files, not links to them"
    size = part.count_bytes()
    if size > MAX_RELEASE_BYTES:
        yield f"HEAVY    {size:,} bytes; {MAX_RELEASE_BYTES:,} at most"


def find_unknown_origins(part: ReleasePart) -> Iterator[str]:
    """Yield what is unknown about the origin: commits, images, machines, how each run ended."""
    facts = part.record
    if part.name != part.recorded_name:
        yield f"ORIGIN   {RELEASE_RECORD} is of {part.recorded_name}"
    commits = [*facts["commits"], facts["tables"]["commit"]]
    if not facts["commits"] or not all(COMMIT_PATTERN.fullmatch(commit) for commit in commits):
        yield f"ORIGIN   {RELEASE_RECORD} names no commit, or something that is not one"
    records = read_mapping(part.runs)["rows"]
    for row in [*facts["config"]["methods"], *facts["config"].get("external", {})]:
        runs = records.get(row, {})
        if sorted(map(int, runs)) != sorted(facts["seeds"]):
            yield f"ORIGIN   {row} in runs.json has seeds {', '.join(runs) or 'none'}, not those of {RELEASE_RECORD}"
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
    """Yield tables that do not follow from the scores, and values that our own audit finds impossible."""
    with tempfile.TemporaryDirectory(prefix="sspbench-check-") as place:
        folder = Path(place) / "rebuilt"
        found = reproduce_release(part, folder)
        if not found.agrees:
            yield from found.format_lines()
        audited = folder / "tables" / "audit_own.csv"
        cells = pd.read_csv(audited, keep_default_na=False) if audited.is_file() else pd.DataFrame(columns=["verdict"])
    for cell in cells[cells["verdict"] == "impossible"].itertuples(index=False):
        yield f"AUDIT    {cell.metric} of {cell.method} cannot be true: {cell.reason}"
