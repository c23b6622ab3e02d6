"""The processes below this one: adopted when their parent dies, and ended together.

Linux does both by itself (``prctl``). Elsewhere a thread looks whether the parent is still there, and processes whose
parent is gone cannot be found: :data:`ORPHANS_NOTE` says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

# Options of prctl(2).
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_GET_CHILD_SUBREAPER = 37

KILL_WAIT_S = 10.0
"""Seconds to wait for killed processes to be gone; one in an uninterruptible call of the kernel may take longer."""

UNLISTED_WAIT_S = 1.0
"""The same where children cannot be listed: only the killed group is waited for."""

PARENT_POLL_S = 0.5
"""Seconds between two looks at the parent where the system does not signal its death."""

ORPHANS_NOTE = (
    "note: this system cannot find processes whose parent is gone: "
    "processes that a plugin starts in a new session may outlive its job"
)


def can_end_orphans() -> bool:
    """Return whether this system lets a process adopt its orphaned descendants and list them."""
    return _prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(ctypes.c_int())) and _list_children_by_proc() is not None


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, where the system can do it."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def terminate_with_parent(parent: int) -> None:
    """Get SIGTERM when the parent, whose process id is given, dies; at once if it is dead already."""
    if not _prctl(PR_SET_PDEATHSIG, signal.SIGTERM):
        threading.Thread(target=_terminate_when_orphaned, args=(parent,), daemon=True).start()
    elif os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _terminate_when_orphaned(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _prctl(option: int, value: object) -> bool:
    """Set or read an option of this process; return whether the system knows it."""
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return False
    return bool(prctl(option, value, 0, 0, 0) == 0)


def kill_descendants(group: int) -> int:
    """Kill what is left of a process group and of all our descendants; return how many there were."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    ended: set[int] = set()
    give_up = time.monotonic() + (KILL_WAIT_S if can_end_orphans() else UNLISTED_WAIT_S)
    while _reap_children() and time.monotonic() < give_up:
        for child in _list_children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
            ended.add(child)
        time.sleep(0.005)
    return len(ended)


def _reap_children() -> bool:
    """Reap what has ended; say whether any child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def _list_children() -> list[int]:
    found = _list_children_by_proc()
    return _list_children_by_psutil() if found is None else found


def _list_children_by_proc() -> list[int] | None:
    """Return our living children; None where the system has no readable ``/proc``."""
    if _read_parent_and_state(Path("/proc/self")) is None:
        return None
    states = {folder.name: _read_parent_and_state(folder) for folder in Path("/proc").glob("[0-9]*")}
    return [int(name) for name, found in states.items() if found and found[0] == os.getpid() and found[1] != "Z"]


def _read_parent_and_state(folder: Path) -> tuple[int, str] | None:
    try:
        after_name = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(after_name[1]), after_name[0]


def _list_children_by_psutil() -> list[int]:
    """Return our living children as macOS lists them; none where psutil needs ``/proc`` as well."""
    if sys.platform == "linux":
        return []
    import psutil

    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                found.append(child.pid)
    return found
