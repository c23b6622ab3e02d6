"""The provenance of a release: what each job recorded, said once where many jobs say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Faults, UserError
from ..files import fingerprint, read_mapping
from ..jobs.outcome import read_status

# How a published run may have ended.
FINAL_STATUSES = frozenset({"done", "failed", "diverged", "timeout", "out-of-memory"})

COST_KEYS = ("seconds", "cpu_seconds")

# What jobs record about their environment; kept once in ``release.json``.
ENVIRONMENT_KEYS = ("machine", "versions", "commit", "dirty")

# Where a scoring job records the digests of the metric families; kept once in ``release.json``.
METRIC_CODE_KEY = "metric_code"


@dataclass
class CommonFacts:
    """What the jobs of a release have in common."""

    # Machine, versions and commit, by a short hash that the jobs name.
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    commits: Counter[str] = field(default_factory=Counter)  # how many jobs ran at each commit
    data: set[str] = field(default_factory=set)  # the digests of the images that were trained on
    costs: dict[str, dict[str, float]] = field(default_factory=dict)  # seconds of wall clock and of CPU by stage
    # Digests of the metric families, by a short hash that the jobs name.
    metric_codes: dict[str, dict[str, str]] = field(default_factory=dict)


def read_job_records(folder: Path) -> dict[str, Any]:
    """Return what the finished jobs of a run or segmenter recorded, by stage.

    Raises:
        UserError: a record cannot be read.
    """
    whole = folder / "run.json"
    if not whole.is_file():
        return {path.stem: read_mapping(path) for path in sorted((folder / "jobs").glob("*.json"))}
    jobs = read_mapping(whole)
    if not all(isinstance(job, dict) for job in jobs.values()):
        why, hint = "a stage is not a record", "remove it and run the workflow again, which writes a new one"
        raise UserError("The record of a run cannot be read", where=str(whole), why=why, hint=hint)
    return jobs


def pack_run_record(folder: Path, gathered: CommonFacts, faults: Faults) -> dict[str, Any]:
    """Return the published record of one run: how it ended, and its jobs without what :class:`CommonFacts` says.

    Args:
        folder: The run's folder.
        gathered: Takes what many jobs say.
        faults: Takes what forbids publishing: a run that has not ended, a commit unknown or with local changes.
    """
    status, jobs = read_status(folder), read_job_records(folder)
    if status["status"] not in FINAL_STATUSES:
        hint = "run the workflow to its end; a method that fails for good may be published as failed"
        faults.add(f"A run is {status['status']}", where=str(folder), why=str(status["reason"]), hint=hint)
    return {"status": status, "jobs": trim_job_records(jobs, gathered, faults, str(folder))}


def trim_job_records(jobs: Mapping[str, Any], gathered: CommonFacts, faults: Faults, where: str) -> dict[str, Any]:
    """Return the jobs of one folder, trimmed (see :func:`pack_run_record`)."""
    said = {"segment", "score"} | ({"enhance"} if "train" in jobs else set())
    for stage, job in sorted(jobs.items()):
        _collect_facts(stage, job, gathered, faults, where)
    return {stage: _trim_job(job, stage not in said, gathered) for stage, job in sorted(jobs.items())}


def _collect_facts(stage: str, job: Mapping[str, Any], gathered: CommonFacts, faults: Faults, where: str) -> None:
    if "commit" not in job:
        faults.add(f"The job {stage} does not say which commit it ran at", where=where, hint="run it in a git checkout")
    elif job.get("dirty", True):
        hint = "commit, then run the workflow again"
        faults.add(f"The job {stage} ran with local changes to {job['commit'][:12]}", where=where, hint=hint)
    else:
        gathered.commits[job["commit"]] += 1
    if "data" in job:
        gathered.data.add(job["data"])
    cost = gathered.costs.setdefault(stage, dict.fromkeys(COST_KEYS, 0.0))
    for name in COST_KEYS:
        cost[name] = round(cost[name] + float(job.get(name, 0.0)), 3)


def _trim_job(job: Mapping[str, Any], with_settings: bool, gathered: CommonFacts) -> dict[str, Any]:
    """Return a job without its environment, and without settings that the training or the config says."""
    environment = {key: job[key] for key in ENVIRONMENT_KEYS if key in job}
    key = fingerprint(environment)[:8]
    gathered.environments[key] = environment
    left_out = {*ENVIRONMENT_KEYS, *(() if with_settings else ("settings",))}
    kept = {name: value for name, value in job.items() if name not in left_out}
    if METRIC_CODE_KEY in job:
        code = kept[METRIC_CODE_KEY] = fingerprint(job[METRIC_CODE_KEY])[:8]
        gathered.metric_codes[code] = job[METRIC_CODE_KEY]
    return {**strip_folders(kept), "environment": key}


def strip_folders(content: Any) -> Any:
    """Return JSON-able content with every absolute path cut to its last part: folders are private.

    >>> strip_folders({"vgg16": "/home/me/vgg16.pth", "files": {"/a/b.pth": "00ff"}})
    {'vgg16': 'vgg16.pth', 'files': {'b.pth': '00ff'}}
    """
    if isinstance(content, dict):
        return {_strip_folder(key): strip_folders(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [strip_folders(value) for value in content]
    return _strip_folder(content)


def _strip_folder(value: Any) -> Any:
    return Path(value).name if isinstance(value, str) and value.startswith("/") and "\n" not in value else value


def drop_repeated_settings(records: Mapping[str, Any]) -> dict[str, Any]:
    """Return the records of a row without the settings that are, but for the seed, those of its first seed."""
    known: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for seed, run in records.items():
        jobs = {}
        for stage, job in run["jobs"].items():
            settings = job.get("settings")
            plain = {**settings, "seed": None} if isinstance(settings, dict) else settings
            again = plain is not None and known.setdefault(stage, plain) == plain and bool(kept)
            jobs[stage] = {name: value for name, value in job.items() if name != "settings" or not again}
        kept[seed] = {**run, "jobs": jobs}
    return kept


def restore_settings(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the records of a row with the settings that :func:`drop_repeated_settings` left out."""
    known: dict[str, Any] = {}
    records = {}
    for seed, run in kept.items():
        jobs = {}
        for stage, job in run["jobs"].items():
            settings = known.setdefault(stage, job.get("settings"))
            if isinstance(settings, dict) and "seed" in settings:
                settings = {**settings, "seed": int(seed)}
            jobs[stage] = job if "settings" in job or settings is None else {**job, "settings": settings}
        records[seed] = {**run, "jobs": jobs}
    return records


def restore_shared_facts(jobs: Mapping[str, Any], release: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the jobs of a published record as ``run.json`` holds them, with what they name in ``release.json``."""
    for stage, job in jobs.items():
        rest = {name: value for name, value in job.items() if name != "environment"}
        if METRIC_CODE_KEY in job:
            rest[METRIC_CODE_KEY] = release["metric_codes"][job[METRIC_CODE_KEY]]
        yield stage, {**rest, **release["environments"][job["environment"]]}
