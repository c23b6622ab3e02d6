"""What the page says about the run itself: its scale, its cost, where it comes from and how to repeat it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.config.plan import Plan
from sspbench.config.runs import Run
from table_audit.table_file import Published

from ..analysis.results import MethodRow, Results


def list_reservations(plan: Plan, published: Published) -> list[str]:
    """Return why this run cannot judge the paper's claims; empty where it can: its protocol on its images."""
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
    """Yield every run that did not end well."""
    for row in results.rows:
        for run in row.runs:
            status = results.status[run.id, run.seed]
            if status["status"] != "done":
                yield FailedRun(row.label, run.seed, status["status"], status["stage"], status["reason"])


COST_HEADS = (
    "Method",
    "Parameters",
    "GFLOPs, 384 px",
    "Steps",
    "Training, seconds",
    "Enhancing, seconds per image",
    "Peak memory, MB",
    "GPU memory, MB",
    "Device",
)


ENHANCED_ELSEWHERE = "enhanced elsewhere: what that took is not known here"
"""What stands for the device of a row whose images were taken in."""


def collect_costs(results: Results) -> Iterator[tuple[MethodRow, list[tuple[str, str]]]]:
    """Yield by row its costs as (text, sort key): means over seeds of what the jobs measured."""
    for row in results.rows:
        if row.runs[0].kind == "control":
            continue
        if row.runs[0].is_external:
            yield row, [*[("n/a", "")] * (len(COST_HEADS) - 2), (ENHANCED_ELSEWHERE, "")]
            continue
        jobs = [results.provenance(run) for run in row.runs]
        trains = [job["train"] for job in jobs if "train" in job]
        memory = [max(part.get("peak_memory_mb", 0.0) for part in job.values()) for job in jobs if job]
        yield (
            row,
            [
                _format_mean(
                    [sum(train["parameters"].values()) for train in trains if "parameters" in train], "{:,.0f}"
                ),
                _format_mean([t["inference_flops_384"] / 1e9 for t in trains if "inference_flops_384" in t], "{:,.1f}"),
                _format_mean([train["steps"] for train in trains if "steps" in train], "{:,.0f}"),
                _format_mean([train["training_seconds"] for train in trains if "training_seconds" in train], "{:,.0f}"),
                _format_mean([job["enhance"]["seconds_per_image"] for job in jobs if "enhance" in job], "{:.3g}"),
                _format_mean(memory, "{:,.0f}"),
                _format_mean([t["peak_gpu_memory_mb"] for t in trains if "peak_gpu_memory_mb" in t], "{:,.0f}"),
                (_describe_devices(jobs), ""),
            ],
        )


def _format_mean(values: list[float], form: str) -> tuple[str, str]:
    return ("–", "") if not values else (form.format(fmean(values)), repr(float(fmean(values))))


def _describe_devices(jobs: Sequence[Mapping[str, Any]]) -> str:
    devices = {
        part["machine"].get("gpu") or part["machine"].get("cpu", "")
        for job in jobs
        for part in job.values()
        if "machine" in part
    }
    return ", ".join(sorted(devices)) or "–"


def collect_origins(results: Results) -> list[tuple[str, str]]:
    """Return what the runs say of their origin, as (name, value); values that differ between runs are all listed."""
    found: dict[str, dict[str, None]] = {}
    for row in results.rows:
        for run in row.runs:
            for name, value in _iter_origin(results, run):
                found.setdefault(name, {})[value] = None
    return [(name, ", ".join(values)) for name, values in found.items()]


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
