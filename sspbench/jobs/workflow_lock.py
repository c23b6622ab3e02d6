"""The workflow's own lock: one that a killed Snakemake left behind is told and released.

Snakemake's lock files name no process. So each run holds a lock of the kernel's as well, which dies with it: whoever
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

from .contained import WORKFLOW

DRY = frozenset({"-n", "--dry-run", "--dryrun"})
"""Options of a run that computes nothing and so holds no lock."""

LOOK_EVERY_S = 1.0
"""Seconds between two looks at the process that started the run."""


def for_jobs(checkout: str) -> dict[str, str]:
    """Return the environment of this process's jobs: whom they end with, and where they find the frame.

    The path is needed where Python leaves the working directory out (``PYTHONSAFEPATH``).
    """
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != checkout]
    return {WORKFLOW: str(os.getpid()), "PYTHONPATH": os.pathsep.join([checkout, *others])}


def enter_workflow(state: Path) -> None:
    """Release what a dead run left locked; be known as a live one until this process ends, unless it is a dry run.

    Args:
        state: Snakemake's folder ``.snakemake``.
    """
    _end_with_launcher()
    state.mkdir(exist_ok=True)
    try:
        handle = os.open(state / "sspbench.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        alone = _alone(handle)
    except OSError:  # a read-only folder, or a file system without locks: Snakemake's own lock has to do
        return
    if alone:
        _release_stale(state, os.pread(handle, 1000, 0).decode(errors="replace"))
    else:
        _say(f"another run is at work here ({_record(handle)}); it goes on beside this one where they share no file")
    if DRY.intersection(sys.argv):
        os.close(handle)
        return
    if alone:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{socket.gethostname()} process {os.getpid()}".encode(), 0)
    fcntl.flock(handle, fcntl.LOCK_SH)  # never closed: it is held for as long as this process lives


def _alone(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _record(handle: int) -> str:
    return os.pread(handle, 1000, 0).decode(errors="replace") or "just started"


def _release_stale(state: Path, record: str) -> None:
    stale = sorted((state / "locks").glob("*.lock"))
    if not stale:
        return
    if record.partition(" ")[0] != socket.gethostname():
        owner = record or "an unknown process"
        _say(f"the lock of {owner} is left here; if that run is dead, release it: snakemake --unlock")
        return
    for path in stale:
        path.unlink(missing_ok=True)
    _say(f"released the lock of a run that was killed ({record}); its work goes on from where it was")


def _end_with_launcher() -> None:
    """End this process when the ``uv run`` that started it is killed, which passes no signal on."""
    launcher = os.getppid()
    with contextlib.suppress(OSError):
        if Path(f"/proc/{launcher}/comm").read_text().strip() == "uv":
            threading.Thread(target=_follow, args=(launcher,), daemon=True).start()


def _follow(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
