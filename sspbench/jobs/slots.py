"""A GPU for each job: a slot is a locked file, released by the kernel when its holder dies.

Snakemake counts GPUs (``--resources gpu=N``) but never says which one a job got. A job takes a free slot here before
torch is imported and sees only that device. A device that a scheduler has set already is respected.
"""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError

PATIENCE_S = 0.2
"""Seconds between two looks at the slots."""


def devices() -> list[str]:
    """Return the GPUs of this machine, as ``CUDA_VISIBLE_DEVICES`` names them; none: an empty list.

    ``SSPBENCH_GPUS`` (``0,1``) overrides what is found.
    """
    named = os.environ.get("SSPBENCH_GPUS")
    if named is not None:
        return [device for device in named.split(",") if device]
    return [str(index) for index, _ in enumerate(sorted(Path("/proc/driver/nvidia/gpus").glob("*")))] or [
        path.name.removeprefix("nvidia") for path in sorted(Path("/dev").glob("nvidia[0-9]*"))
    ]


def slot_folder() -> Path:
    """Return the folder of slot files, one for each user of the machine (``SSPBENCH_SLOTS`` overrides)."""
    default = Path(tempfile.gettempdir()) / f"sspbench-slots-{os.getuid()}"
    return Path(os.environ.get("SSPBENCH_SLOTS", default))


def slots_taken(names: list[str]) -> list[str]:
    """Return those of the named GPUs whose slot a job of this user holds now."""
    taken = []
    for name in names:
        path = slot_folder() / f"gpu-{name}.lock"
        handle = _try_lock(path) if path.is_file() else -1
        if handle is None:
            taken.append(name)
        elif handle >= 0:
            os.close(handle)
    return taken


def _scheduler_device() -> str | None:
    return os.environ.get("CUDA_VISIBLE_DEVICES")


@contextmanager
def leased(timeout_s: float | None = None) -> Iterator[str]:
    """Hold a GPU while the block runs; yields its name, or ``cpu`` where there is none.

    Sets ``CUDA_VISIBLE_DEVICES``; enter before torch is imported.

    Args:
        timeout_s: Give up after this many seconds; None waits.

    Raises:
        UserError: no slot became free in time.
    """
    given = _scheduler_device()
    if given is not None:
        yield f"cuda:{given}" if given not in ("", "-1") else "cpu"
        return
    names = devices()
    if not names:
        yield "cpu"
        return
    handle, name = _take(names, timeout_s)
    os.environ["CUDA_VISIBLE_DEVICES"] = name
    try:
        yield f"cuda:{name}"
    finally:
        del os.environ["CUDA_VISIBLE_DEVICES"]
        os.close(handle)


def _take(names: list[str], timeout_s: float | None) -> tuple[int, str]:
    folder = slot_folder()
    folder.mkdir(parents=True, exist_ok=True)
    start, told = time.monotonic(), False
    while True:
        for name in names:
            handle = _try_lock(folder / f"gpu-{name}.lock")
            if handle is not None:
                return handle, name
        if timeout_s is not None and time.monotonic() - start > timeout_s:
            raise UserError(
                f"No GPU became free within {timeout_s:g} s",
                where=str(folder),
                why=f"{len(names)} slots are taken",
                hint="run fewer jobs at once (--resources gpu=N) or wait",
            )
        if not told:
            print(f"waiting for one of {len(names)} GPUs", file=sys.stderr, flush=True)
            told = True
        time.sleep(PATIENCE_S)


def _try_lock(path: Path) -> int | None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
