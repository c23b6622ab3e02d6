"""What this machine is, on Linux and macOS: cores, memory, processor."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import subprocess
import sys

MAX_SYSCTL_S = 2.0
"""Seconds that macOS' ``sysctl`` may take."""


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
