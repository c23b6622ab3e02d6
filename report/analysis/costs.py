"""What the methods and the whole run cost: means over seeds of what the jobs measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from .results import MethodRow, Results

COST_HEADS = (
    "Method", "Parameters", "GFLOPs, 384 px", "Steps", "Training, seconds", "Enhancing, seconds per image",
    "Peak memory, MB", "GPU memory, MB", "Device",
)  # fmt: skip

# Shown as the device of a row whose images were produced outside the suite.
ENHANCED_ELSEWHERE = "enhanced elsewhere: what that took is not known here"


@dataclass(frozen=True)
class CostCell:
    """A cell of the table of costs: its text, and the number it sorts by (empty where it has none)."""

    text: str
    key: str = ""


@dataclass(frozen=True)
class CostLine:
    """What a row cost: a cell for each of :data:`COST_HEADS` but the first."""

    label: str
    status: str
    cells: tuple[CostCell, ...]


@dataclass(frozen=True)
class WholeCost:
    """What all jobs of a run took: seconds one after another, and on which machines."""

    seconds: float
    job_count: int
    gpus: tuple[str, ...]
    core_counts: tuple[int, ...]


def collect_costs(results: Results) -> Iterator[CostLine]:
    """Yield the costs of every row but the controls."""
    for row in results.rows:
        if row.runs[0].kind != "control":
            yield CostLine(row.label, results.status_text(row), tuple(_iter_cells(results, row)))


def _iter_cells(results: Results, row: MethodRow) -> Iterator[CostCell]:
    if row.runs[0].is_external:
        yield from [CostCell("n/a")] * (len(COST_HEADS) - 2)
        yield CostCell(ENHANCED_ELSEWHERE)
        return
    jobs = [results.provenance(run) for run in row.runs]
    trains = [job["train"] for job in jobs if "train" in job]
    parameters = [sum(train["parameters"].values()) for train in trains if "parameters" in train]
    memory = [max(part.get("peak_memory_mb", 0.0) for part in job.values()) for job in jobs if job]
    yield _format_mean(parameters, "{:,.0f}")
    yield _format_mean([flops / 1e9 for flops in _known(trains, "inference_flops_384")], "{:,.1f}")
    yield _format_mean(_known(trains, "steps"), "{:,.0f}")
    yield _format_mean(_known(trains, "training_seconds"), "{:,.0f}")
    yield _format_mean([job["enhance"]["seconds_per_image"] for job in jobs if "enhance" in job], "{:.3g}")
    yield _format_mean(memory, "{:,.0f}")
    yield _format_mean(_known(trains, "peak_gpu_memory_mb"), "{:,.0f}")
    yield CostCell(_describe_devices(jobs))


def _known(trains: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [train[key] for train in trains if key in train]


def _format_mean(values: Sequence[float], form: str) -> CostCell:
    return CostCell(form.format(fmean(values)), repr(float(fmean(values)))) if values else CostCell("–")


def _describe_devices(jobs: Sequence[Mapping[str, Any]]) -> str:
    machines = [part["machine"] for job in jobs for part in job.values() if "machine" in part]
    return ", ".join(sorted({machine.get("gpu") or machine.get("cpu", "") for machine in machines})) or "–"


def list_untimed_rows(results: Results) -> list[str]:
    """Return the labels of the rows that were enhanced elsewhere: how long that took is unknown."""
    external = [row for row in results.rows if row.id in results.external_row_ids]
    return [row.label for row in external if results.status_text(row) == "done"]


def measure_whole_cost(results: Results) -> WholeCost:
    """Return what all jobs of the run took."""
    jobs = [job for row in results.rows for run in row.runs for job in results.provenance(run).values()]
    machines = [job["machine"] for job in jobs if "machine" in job]
    return WholeCost(
        sum(float(job.get("seconds", 0.0)) for job in jobs),
        len(jobs),
        tuple(sorted({machine["gpu"] for machine in machines if "gpu" in machine})),
        tuple(sorted({machine["cores"] for machine in machines if "cores" in machine})),
    )
