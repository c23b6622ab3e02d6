"""What this machine is, on Linux and macOS: cores, memory, processor, and how fast it computes."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import subprocess
import sys
import time
import timeit

MAX_SYSCTL_S = 2.0
"""Seconds that macOS' ``sysctl`` may take."""

REFERENCE_CPU_S = 0.0096
"""CPU seconds that :func:`measure_slowness` times on the machine of docs/notebook/measurements.md."""

TIMING_REPEATS = 5
"""Products that are timed; the fastest counts, since others may be at work."""

MATRIX_SIDE, MATRIX_COUNT = 64, 2000
"""Side and number of the matrices: so small that one thread multiplies them, however many cores there are."""


def count_cores() -> int:
    """Return how many CPU cores this process may use; all of the machine's where the system sets no limit."""
    with contextlib.suppress(AttributeError, OSError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory_mb() -> float:
    """Return the peak resident memory of this process in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux gives KiB, macOS bytes.
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def read_total_memory_gb() -> float | None:
    """Return the machine's memory in GB; None where the system does not report it."""
    with contextlib.suppress(ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return None


def read_cpu_model() -> str:
    """Return the processor's name, ``unknown`` where the system does not report it."""
    named = _read_cpu_line("model name") or _read_sysctl("machdep.cpu.brand_string")
    return named or platform.processor() or "unknown"


def cpu_flags() -> frozenset[str]:
    """Return the CPU's instruction set flags (``Features`` on ARM); empty where the system does not report them."""
    return frozenset((_read_cpu_line("flags") or _read_cpu_line("Features")).split())


def _read_cpu_line(key: str) -> str:
    try:
        with open("/proc/cpuinfo") as lines:  # noqa: PTH123
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")
    except OSError:
        return ""


def _read_sysctl(name: str) -> str:
    if sys.platform != "darwin":
        return ""
    try:
        shown = subprocess.run(["sysctl", "-n", name], check=True, capture_output=True, text=True, timeout=MAX_SYSCTL_S)
    except (OSError, subprocess.SubprocessError):
        return ""
    return shown.stdout.strip()


def measure_slowness() -> float:
    """Return by how much CPU seconds here exceed those of the reference machine; 2 is twice as slow.

    It multiplies ``MATRIX_COUNT`` float32 matrices of ``MATRIX_SIDE`` x ``MATRIX_SIDE``: 1.05 GFLOP.
    """
    import numpy as np

    matrices = np.ones((MATRIX_COUNT, MATRIX_SIDE, MATRIX_SIDE), dtype=np.float32)
    seconds = timeit.repeat(lambda: matrices @ matrices[0], time.thread_time, repeat=TIMING_REPEATS, number=1)
    return min(seconds) / REFERENCE_CPU_S
