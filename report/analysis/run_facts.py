"""Facts about the run for page and terminal: its scale, failures, origin and the command that repeats it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.config.plan import Plan
from sspbench.config.runs import Run
from sspbench.jobs.outcome import NOT_APPLICABLE
from table_audit.table_file import Published

from .results import Results


def list_reservations(plan: Plan, published: Published) -> list[str]:
    """Return why this run cannot judge the paper's claims; empty under the paper's protocol on its images."""
    found = [] if plan.preset == published.paper["preset"] else [f"{plan.preset} scale, not the paper's protocol"]
    if plan.dataset.name == published.paper["dataset"]:
        return found
    return [*found, f"{'other' if plan.dataset.meta['real'] else 'simulated'} images, not the paper's"]


def list_known_reasons(plan: Plan, published: Published) -> list[str]:
    """Return why ours may differ from the paper's in this run, each with the measure that it is about."""
    here = {"unless_preset": plan.preset, "unless_dataset": plan.dataset.name}
    found = [reason for reason in published.reasons if all(reason.get(key) != value for key, value in here.items())]
    labels = {key: row.label for table in published.tables.values() for key, row in table.rows.items()}
    return [f"{labels[reason['metric']]}: {reason['why']}" if "metric" in reason else reason["why"] for reason in found]


@dataclass(frozen=True)
class FailedRun:
    """A run that did not end well."""

    label: str
    seed: int
    status: str
    stage: str
    reason: str


def list_failed_runs(results: Results) -> Iterator[FailedRun]:
    """Yield every run that did not end well; a row that is not applicable has no run."""
    for row in results.rows:
        for run in row.runs:
            status = results.status[run.id, run.seed]
            if status["status"] not in ("done", NOT_APPLICABLE):
                yield FailedRun(row.label, run.seed, status["status"], status["stage"], status["reason"])


@dataclass(frozen=True)
class Origin:
    """The origin of the runs; where runs differ, it lists every value."""

    name: str
    value: str


def collect_origins(results: Results) -> list[Origin]:
    """Return commit, data, machine and versions of the runs."""
    found: dict[str, dict[str, None]] = {}
    for row in results.rows:
        for run in row.runs:
            for name, value in _iter_origin(results, run):
                found.setdefault(name, {})[value] = None
    return [*(Origin(name, ", ".join(values)) for name, values in found.items()), *_describe_field_of_view(results)]


def _describe_field_of_view(results: Results) -> Iterator[Origin]:
    """Yield how much of the frame the fields of view fill, where the prepared data set is there and has any."""
    share = results.manifest.describe_field_of_view() if results.manifest else ""
    if share:
        yield Origin("field of view of the test images", share)


def _iter_origin(results: Results, run: Run) -> Iterator[tuple[str, str]]:
    for part in results.provenance(run).values():
        if "commit" in part:
            yield "commit", part["commit"] + (" (with local changes)" if part.get("dirty") else "")
        if "data" in part:
            yield "data (SHA-256 of all images)", part["data"]
        machine = part.get("machine", {})
        yield (
            "machine",
            f"{machine.get('system', 'unknown')}, {machine.get('cpu', 'unknown')}, {machine.get('cores', '?')} cores",
        )
        if "gpu" in machine:
            yield "GPU", machine["gpu"]
        versions = part.get("versions", {})
        yield "versions", " ".join(f"{name} {version}" for name, version in versions.items())


def format_repeat_command(plan: Plan) -> str:
    """Return the command that repeats the run."""
    defaults = read_config(DEFAULT_CONFIG_FILE)
    changed = {key: value for key, value in plan.config.items() if value != defaults.get(key)}
    words = ["uv", "run", "snakemake", "--cores", "all", "--resources", "gpu=2"]
    if changed:
        words += ["--config", *(f"{key}={_plain_text(value)}" for key, value in changed.items())]
    return shlex.join(words)


def _plain_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
