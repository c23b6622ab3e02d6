"""Where a result comes from: versions, commit, device, time and memory of a job."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from ..checkout import ROOT
from .machine import count_cores, peak_memory_mb, read_cpu_model

RECORDED_PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-image", "pillow", "safetensors", "snakemake")


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on, as far as installed."""
    found = {"python": platform.python_version()}
    for name in RECORDED_PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_commit() -> dict[str, Any]:
    """Return the commit of the checkout and whether tracked files differ from it; empty outside a git checkout.

    A copy without git's folder that lies in another repository has no commit: that one's says nothing about it.
    """
    try:
        repository = Path(_run_git("rev-parse", "--show-toplevel"))
        if not (repository.exists() and repository.samefile(ROOT)):
            return {}
        head = _run_git("rev-parse", "HEAD")
        return {"commit": head, "dirty": bool(_run_git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.CalledProcessError):
        return {}


def _run_git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class JobRecorder:
    """Measures one job; :meth:`record` gives its entry in ``run.json``."""

    def __init__(self, stage: str, settings: dict[str, Any]) -> None:
        self.stage, self.settings = stage, settings
        self._wall_start, self._cpu_start = time.perf_counter(), time.process_time()

    def record(self, **facts: Any) -> dict[str, Any]:
        """Return the provenance of the job, with ``facts`` added."""
        return {
            "stage": self.stage,
            "settings": self.settings,
            "seconds": round(time.perf_counter() - self._wall_start, 3),
            "cpu_seconds": round(time.process_time() - self._cpu_start, 3),
            "peak_memory_mb": round(peak_memory_mb(), 1),
            "machine": describe_machine(),
            "versions": package_versions(),
            **git_commit(),
            **facts,
        }


def describe_machine() -> dict[str, Any]:
    """Return what machine this is; GPUs only if torch is loaded already."""
    found: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": read_cpu_model(),
        "cores": count_cores(),
    }
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found
