"""A GPU for each job: a slot is a locked file, released by the kernel when its holder dies.

Snakemake counts GPUs (``--resources gpu=N``) but never says which one a job got. A job takes a free slot here before
torch is imported and sees only that device. Slots are made from the devices the user names (``SSPBENCH_GPUS`` or
``CUDA_VISIBLE_DEVICES``), else from all there are. The single device that a scheduler has given is taken as it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ..errors import UserError

VISIBLE_DEVICES_VARIABLE = "CUDA_VISIBLE_DEVICES"

SCHEDULER_VARIABLES = (
    "SLURM_JOB_ID",
    "PBS_JOBID",
    "LSB_JOBID",
    "JOB_ID",
    "FLUX_JOB_ID",
    "_CONDOR_JOB_AD",
    "OAR_JOB_ID",
)
"""Environment variables by which a scheduler names its job."""

NO_DEVICE_NAMES = ("NoDevFiles", "none", "void")
"""What schedulers write for no device at all."""

GPU_SLOT_POLL_S = 0.2
"""Seconds between two looks at the slots."""


def list_gpus() -> list[str]:
    """Return the GPUs that slots are made from, as ``CUDA_VISIBLE_DEVICES`` names them; none: an empty list.

    ``SSPBENCH_GPUS`` (``0,1``) overrides ``CUDA_VISIBLE_DEVICES``, and that what is found.
    """
    for variable in ("SSPBENCH_GPUS", VISIBLE_DEVICES_VARIABLE):
        named = os.environ.get(variable)
        if named is not None:
            return _parse_devices(named)
    return [str(index) for index, _ in enumerate(sorted(Path("/proc/driver/nvidia/gpus").glob("*")))] or [
        path.name.removeprefix("nvidia") for path in sorted(Path("/dev").glob("nvidia[0-9]*"))
    ]


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


def _parse_devices(text: str) -> list[str]:
    """Return the devices of a list as CUDA reads it: up to the first that is none, each once."""
    names: list[str] = []
    for name in (part.strip() for part in text.split(",")):
        if name.startswith("-") or name in NO_DEVICE_NAMES:
            break
        if name and name not in names:
            names.append(name)
    return names


def slot_folder() -> Path:
    """Return the folder of slot files: one for each user, and for each job of a scheduler, which numbers again.

    ``SSPBENCH_SLOTS`` overrides it.
    """
    job = _scheduler_job()
    mark = f"-{quote(job, safe='')}" if job else ""
    default = Path(tempfile.gettempdir()) / f"sspbench-slots-{os.getuid()}{mark}"
    return Path(os.environ.get("SSPBENCH_SLOTS") or default)


def find_taken_slots(names: list[str]) -> list[str]:
    """Return those of the named GPUs whose slot a job of this user holds now."""
    taken = []
    for name in names:
        path = _slot_file(slot_folder(), name)
        handle = _try_lock(path) if path.is_file() else -1
        if handle is None:
            taken.append(name)
        elif handle >= 0:
            os.close(handle)
    return taken


def _scheduler_job() -> str:
    return next((os.environ[name] for name in SCHEDULER_VARIABLES if os.environ.get(name)), "")


def _scheduler_device() -> str | None:
    """Return the one device that a scheduler gave this job, if it did."""
    given = _parse_devices(os.environ.get(VISIBLE_DEVICES_VARIABLE, ""))
    return given[0] if _scheduler_job() and len(given) == 1 else None


@contextmanager
def acquire(device: str = "auto") -> Iterator[str]:
    """Hold a GPU while the block runs; yields its name, or ``cpu`` where there is none.

    Sets ``CUDA_VISIBLE_DEVICES``; enter before torch is imported.

    Args:
        device: The engine's ``device``; ``cpu`` and ``mps`` take no slot and are yielded as they are.

    Raises:
        UserError: the folder of slots cannot be used.
    """
    if device in ("cpu", "mps"):
        yield device
        return
    given = _scheduler_device()
    names = list_gpus()
    if given is not None or not names:
        yield "cpu" if given is None else f"cuda:{given}"
        return
    handle, name = _wait_for_slot(names)
    before = os.environ.get(VISIBLE_DEVICES_VARIABLE)
    os.environ[VISIBLE_DEVICES_VARIABLE] = name
    try:
        yield f"cuda:{name}"
    finally:
        os.environ.pop(VISIBLE_DEVICES_VARIABLE, None)
        if before is not None:
            os.environ[VISIBLE_DEVICES_VARIABLE] = before
        os.close(handle)


def _wait_for_slot(names: list[str]) -> tuple[int, str]:
    folder = _make_slot_folder(slot_folder())
    has_reported = False
    while True:
        for name in names:
            handle = _try_lock(_slot_file(folder, name))
            if handle is not None:
                return handle, name
        if not has_reported:
            print(f"waiting for one of {len(names)} GPUs: {', '.join(names)}", file=sys.stderr, flush=True)
            has_reported = True
        time.sleep(GPU_SLOT_POLL_S)


def _slot_file(folder: Path, name: str) -> Path:
    """Return the file of a slot; names may hold what a file's name may not (``MIG-GPU-.../1/0``)."""
    return folder / f"gpu-{quote(name, safe='')}.lock"


def _make_slot_folder(folder: Path) -> Path:
    """Make the folder of slots; refuse one that someone else could exchange under us.

    Raises:
        UserError: it is not a folder, cannot be written, or belongs to another user.
    """
    why = ""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid() and "SSPBENCH_SLOTS" not in os.environ:
            why = f"it belongs to user {folder.stat().st_uid}"
        elif not os.access(folder, os.W_OK | os.X_OK):
            why = "it cannot be written"
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise UserError(
            "The folder of GPU slots cannot be used",
            where=str(folder),
            why=why,
            hint="name another for all runs of this user: export SSPBENCH_SLOTS=DIR",
        )
    return folder


def _try_lock(path: Path) -> int | None:
    """Return a handle that holds the lock of a slot, or None where another holds it.

    Raises:
        UserError: the file cannot be opened or locked.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _slot_error(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.utime(handle)  # cleaners of temporary files spare what is young
        if _is_current_file(path, handle):
            return handle
    except BlockingIOError:
        pass
    except OSError as error:
        os.close(handle)
        raise _slot_error(path, error) from error
    os.close(handle)
    return None


def _is_current_file(path: Path, handle: int) -> bool:
    """Return whether the locked file is still the slot's: one that was removed meanwhile guards nothing."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(handle))
    return False


def _slot_error(path: Path, error: OSError) -> UserError:
    return UserError(
        "A GPU slot cannot be locked",
        where=str(path),
        why=error.strerror or str(error),
        hint="name another folder for all runs of this user: export SSPBENCH_SLOTS=DIR",
    )
