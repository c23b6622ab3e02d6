"""Memory and signals: a training ends within memory, and not half-written."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from ...jobs.machine import peak_memory_mb
from ...jobs.outcome import OutOfMemory


@contextmanager
def catch_stop_signals() -> Iterator[Callable[[], bool]]:
    """Within the block SIGTERM and Ctrl-C only set a flag; yields a function that says whether one came."""
    came = threading.Event()

    def remember(_number: int, _frame: FrameType | None) -> None:
        came.set()

    before = {number: signal.signal(number, remember) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_memory_budget(budget_mb: float | None, device: torch.device) -> None:
    """Raise :class:`OutOfMemory` when the process holds more than its budget (host memory on the CPU)."""
    used = torch.cuda.max_memory_allocated(device) / 2**20 if device.type == "cuda" else peak_memory_mb()
    if budget_mb is not None and used > budget_mb:
        raise OutOfMemory(
            f"Training was stopped: it needs {used:.0f} MB, its budget is {budget_mb:.0f} MB",
            hint="raise resources.mem_mb in its YAML, or lower batches.size or batches.crop",
        )


@contextmanager
def explain_out_of_memory(batch: int, side: int | None) -> Iterator[None]:
    """Turn an out-of-memory error into one that names the batch, the size and what to change."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        is_named = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not is_named and not re.search(r"can't allocate memory|not enough memory|out of memory", str(error)):
            raise
        size = f"crops of {side}" if side else "whole images"
        raise OutOfMemory(
            f"There is not enough memory for batches of {batch} with {size}",
            why=str(error).splitlines()[0],
            hint="lower batches.size or batches.crop, or the width, in the method's preset",
        ) from error


class Stopwatch:
    """Seconds of work, carried over from an earlier attempt."""

    def __init__(self, before: float = 0.0) -> None:
        self._before, self._start = before, time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds so far, earlier attempts included."""
        return self._before + time.monotonic() - self._start
