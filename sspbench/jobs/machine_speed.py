"""How fast this machine computes, beside the one that the declared seconds were measured on; and what GPUs it has."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from .gpu_slots import list_gpus

REFERENCE_CPU_S = 0.0096
"""CPU seconds of one :func:`time_matrix_products` on the machine of docs/notebook/measurements.md."""

TIMING_REPEATS = 5
"""Products that are timed; the fastest counts, since others may be at work."""

MATRIX_SIDE, MATRIX_COUNT = 64, 2000
"""Side and number of the matrices: so small that one thread multiplies them, however many cores there are."""


def time_matrix_products() -> float:
    """Return the CPU seconds of ``COUNT`` products of float32 matrices of ``SIDE`` x ``SIDE``: 1.05 GFLOP."""
    import numpy as np

    matrices = np.ones((MATRIX_COUNT, MATRIX_SIDE, MATRIX_SIDE), dtype=np.float32)
    return min(_cpu_seconds_of(lambda: np.matmul(matrices, matrices[0])) for _ in range(TIMING_REPEATS))


def measure_slowness() -> float:
    """Return by how much CPU seconds here exceed those of the reference machine; 2 is twice as slow."""
    return time_matrix_products() / REFERENCE_CPU_S


def describe_gpus() -> list[str]:
    """Return a line for each GPU that jobs may take: its name and free memory as far as the driver says them."""
    names = list_gpus()
    if not names:
        return []
    query = ["nvidia-smi", "--query-gpu=name,memory.free", "--format=csv,noheader", f"--id={','.join(names)}"]
    try:
        answer = subprocess.run(query, check=True, capture_output=True, text=True, timeout=2).stdout
    except (OSError, subprocess.SubprocessError):
        return [f"GPU {name}" for name in names]
    return [line.strip() for line in answer.splitlines() if line.strip()]


def _cpu_seconds_of(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start
