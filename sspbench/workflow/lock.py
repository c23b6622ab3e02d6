"""The workflow's own lock: one that a killed Snakemake left behind is reported and released.

Snakemake's lock files name no process. So each run holds a lock of the kernel's as well, which dies with it: anyone who
gets that one alone knows that no other run is left to hold the first.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from ..jobs.descendants import ORPHANS_NOTE, can_end_orphans
from ..jobs.subprocess_guard import WORKFLOW_PID_VARIABLE

DRY_RUN_OPTIONS = frozenset({"-n", "--dry-run", "--dryrun"})
"""Options of a run that computes nothing and so holds no lock."""

LAUNCHER_POLL_S = 1.0
"""Seconds between two looks at the process that started the run."""


def is_dry_run() -> bool:
    """Return whether this process is a run that computes nothing."""
    return not DRY_RUN_OPTIONS.isdisjoint(sys.argv)


def job_environment(checkout: str) -> dict[str, str]:
    """Return the environment of this process's jobs: whom they end with, and where they find the frame.

    The path is needed where Python leaves the working directory out (``PYTHONSAFEPATH``).
    """
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != checkout]
    return {WORKFLOW_PID_VARIABLE: str(os.getpid()), "PYTHONPATH": os.pathsep.join([checkout, *others])}


def hold_workflow_lock(state: Path) -> None:
    """Release what a dead run left locked; be known as a live one until this process ends, unless it is a dry run.

    Args:
        state: Snakemake's folder ``.snakemake``.
    """
    _end_with_launcher()
    if not can_end_orphans():
        _print_note(ORPHANS_NOTE)
    state.mkdir(exist_ok=True)
    try:
        handle = os.open(state / "sspbench.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        alone = _try_exclusive_lock(handle)
    except OSError:  # a read-only folder, or a file system without locks: Snakemake's own lock has to do
        return
    if alone:
        _release_stale_locks(state, os.pread(handle, 1000, 0).decode(errors="replace"))
    else:
        _print_note(
            f"another run is at work here ({_read_holder(handle)}); it goes on beside this one where they share no file"
        )
    if is_dry_run():
        os.close(handle)
        return
    if alone:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{socket.gethostname()} process {os.getpid()}".encode(), 0)
    fcntl.flock(handle, fcntl.LOCK_SH)  # never closed: it is held for as long as this process lives


def _try_exclusive_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(handle: int) -> str:
    return os.pread(handle, 1000, 0).decode(errors="replace") or "just started"


def _release_stale_locks(state: Path, record: str) -> None:
    stale = sorted((state / "locks").glob("*.lock"))
    if not stale:
        return
    if record.partition(" ")[0] != socket.gethostname():
        owner = record or "an unknown process"
        _print_note(f"the lock of {owner} is left here; if that run is dead, release it: snakemake --unlock")
        return
    for path in stale:
        path.unlink(missing_ok=True)
    _print_note(f"released the lock of a run that was killed ({record}); its work goes on from where it was")


def _end_with_launcher() -> None:
    """End this process when the ``uv run`` that started it is killed, which passes no signal on."""
    launcher = os.getppid()
    if _read_process_name(launcher) == "uv":
        threading.Thread(target=_kill_when_orphaned, args=(launcher,), daemon=True).start()


def _read_process_name(number: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{number}/comm").read_text().strip()
    if sys.platform == "linux":
        return ""
    import psutil

    with contextlib.suppress(psutil.Error):
        return str(psutil.Process(number).name())
    return ""


def _kill_when_orphaned(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(LAUNCHER_POLL_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _print_note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
