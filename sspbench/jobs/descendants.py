"""The processes below this one, on Linux: adopted when their parent dies, and ended together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
"""Options of ``prctl(2)``."""

KILL_WAIT_S = 10.0
"""Seconds to wait for killed processes to be gone; one in an uninterruptible call of the kernel may take longer."""


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def terminate_with_parent(parent: int) -> None:
    """Get SIGTERM when the parent, whose process id is given, dies; at once if it is dead already."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    """Set an option of this process where the system knows it; elsewhere only its comfort is missing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def kill_descendants(group: int) -> int:
    """Kill what is left of a process group and of all our descendants; return how many there were."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    ended: set[int] = set()
    give_up = time.monotonic() + KILL_WAIT_S
    while _reap_children() and time.monotonic() < give_up:
        for child in _list_children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
            ended.add(child)
        time.sleep(0.005)
    return len(ended)


def _reap_children() -> bool:
    """Reap what has ended; tell whether any child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def _list_children() -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            after_name = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(after_name[1]) == os.getpid() and after_name[0] != "Z":
                found.append(int(folder.name))
    return found
