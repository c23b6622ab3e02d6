"""One job in a folder at a time: a lock beside the folder that the kernel frees when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError

FOLDER_LOCK_WAIT_S = 180.0
"""Seconds to wait for another job: longer than one that was asked to stop may take to save its state."""

FOLDER_LOCK_POLL_S = 0.2
"""Seconds between two looks at the lock."""


@contextmanager
def lock_folder(folder: Path, patience_s: float = FOLDER_LOCK_WAIT_S) -> Iterator[None]:
    """Hold the lock of a folder while the block runs.

    On a file system without locks the block runs unguarded.

    Raises:
        UserError: another job still works in the folder after ``patience_s`` seconds.
    """
    path = folder.parent / f".{folder.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if _wait_for_lock(handle, folder, patience_s):
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _wait_for_lock(handle: int, folder: Path, patience_s: float) -> bool:
    give_up, has_reported = time.monotonic() + patience_s, False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            holder = _read_holder(handle)
        except OSError:
            return False
        if time.monotonic() > give_up:
            raise UserError(
                "Another job works in this folder",
                where=str(folder),
                why=f"process {holder} holds it",
                hint=f"wait for it, or end it: kill {holder}",
            )
        if not has_reported:
            print(f"waiting for process {holder}, which still works in {folder}", file=sys.stderr, flush=True)
            has_reported = True
        time.sleep(FOLDER_LOCK_POLL_S)


def _read_holder(handle: int) -> str:
    with contextlib.suppress(OSError):
        return os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
    return "unknown"
