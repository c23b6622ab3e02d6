"""What was changed between two results: settings, code, data, versions, machine; and what only one of them has."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sspbench.releases.digests import RunKey

from .differences import pair_seeds
from .recorded_results import RecordedResults

NO_SETTING = "–"  # printed where one side has no value

# Settings that do not count as changes: seeds make replicates, names belong to the row, threads change no result.
IGNORED_SETTINGS = frozenset({"seed", "threads", "name", "kind", "variant"})


@dataclass(frozen=True)
class ResultChange:
    """Something that is not the same in A (``first``) and in B (``second``)."""

    what: str  # e.g. ``params.rate``, ``code``, ``version of torch``
    rows: tuple[str, ...]  # where it was seen
    first: str
    second: str


def find_changes(first: RecordedResults, second: RecordedResults) -> list[ResultChange]:
    """Return the differences, one for all rows that changed alike."""
    seen: dict[tuple[str, str, str], dict[str, None]] = {}
    for sides in ((first.jobs, second.jobs), (first.segmenter_jobs, second.segmenter_jobs)):
        for row, what, ours, theirs in _iter_changes(*sides):
            seen.setdefault((what, ours, theirs), {})[row] = None
    return [ResultChange(what, tuple(rows), ours, theirs) for (what, ours, theirs), rows in sorted(seen.items())]


def _iter_changes(
    first: Mapping[RunKey, dict[str, Any]], second: Mapping[RunKey, dict[str, Any]]
) -> Iterator[tuple[str, str, str, str]]:
    for row in sorted({row for row, _ in first} & {row for row, _ in second}):
        seeds = pair_seeds([seed for name, seed in first if name == row], [s for name, s in second if name == row])
        for ours, theirs in seeds:
            both = [first[row, ours], second[row, theirs]]
            recorded = _stages_with_settings(both[0]) & _stages_with_settings(both[1])
            one, other = (collect_run_facts(jobs, recorded) for jobs in both)
            for what in sorted(one | other):
                values = one.get(what, NO_SETTING), other.get(what, NO_SETTING)
                if values[0] != values[1]:
                    yield row, what, *values


def _stages_with_settings(jobs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the stages whose settings are recorded; a release keeps those of trainings only."""
    return {stage for stage, job in jobs.items() if job.get("settings")}


def collect_run_facts(jobs: Mapping[str, Mapping[str, Any]], recorded: Collection[str]) -> dict[str, str]:
    """Return what a run depends on, as text by name: settings of these stages, code, data, versions, machine.

    Where stages differ, as when a run is scored again by other code, the texts of all are joined.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for stage, job in sorted(jobs.items()):
        settings = job.get("settings", {}) if stage in recorded else {}
        for name, value in (*_iter_settings(stage, settings), *_iter_circumstances(job)):
            found[name][value] = None
    return {name: ", ".join(values) for name, values in found.items()}


def _iter_settings(stage: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    prefix = "" if "params" in settings and stage != "segment" else f"{stage}: "
    for name, value in _iter_leaves(settings) if settings else ():
        if name.split(".")[-1] not in IGNORED_SETTINGS:
            yield prefix + name, value


def _iter_circumstances(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((f"version of {name}", str(value)) for name, value in job.get("versions", {}).items())
    yield from ((f"machine: {name}", str(value)) for name, value in job.get("machine", {}).items())
    if "commit" in job:
        yield "commit", job["commit"][:12] + (" with local changes" if job.get("dirty") else "")
    if "data" in job:
        yield "data", str(job["data"])[:12]
    if "code" in job.get("fingerprint", {}):
        yield "code", str(job["fingerprint"]["code"])[:12]


def _iter_leaves(content: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the plain values of nested settings by their dotted names."""
    if isinstance(content, Mapping) and content:
        for key, value in content.items():
            yield from _iter_leaves(value, f"{name}.{key}" if name else str(key))
    else:
        yield name, content if isinstance(content, str) else json.dumps(content)


@dataclass(frozen=True)
class OneSidedItems:
    """What only A (``first``) and only B (``second``) has."""

    what: str  # ``row``, ``measure``, ``image`` or ``seed``
    first: tuple[str, ...]
    second: tuple[str, ...]


def find_one_sided_items(first: RecordedResults, second: RecordedResults, same_seeds: bool) -> list[OneSidedItems]:
    """Return the rows, measures, images and, where seeds were to be the same, seeds that only one side has."""
    pairs: list[tuple[str, Iterable[Any], Iterable[Any]]] = [
        ("row", first.rows, second.rows),
        ("measure", first.scores["metric"].unique(), second.scores["metric"].unique()),
        ("image", first.scores["image"].unique(), second.scores["image"].unique()),
    ]
    if same_seeds:
        pairs.append(("seed", first.seeds, second.seeds))
    found = [OneSidedItems(what, _subtract(ours, theirs), _subtract(theirs, ours)) for what, ours, theirs in pairs]
    return [sole for sole in found if sole.first or sole.second]


def _subtract(some: Iterable[Any], others: Iterable[Any]) -> tuple[str, ...]:
    left_out = set(others)
    return tuple(str(one) for one in some if one not in left_out)


def find_one_sided_failures(first: RecordedResults, second: RecordedResults) -> list[ResultChange]:
    """Return the runs that ended with scores on one side and otherwise on the other."""
    ends = [_statuses_by_row(side) for side in (first, second)]
    rows = sorted(ends[0].keys() & ends[1].keys())
    different = [row for row in rows if (ends[0][row] == {"done"}) != (ends[1][row] == {"done"})]
    return [ResultChange("how it ended", (row,), *(", ".join(sorted(end[row])) for end in ends)) for row in different]


def _statuses_by_row(side: RecordedResults) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for (row, _), status in side.status.items():
        found.setdefault(row, set()).add(status)
    return found
