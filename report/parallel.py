"""Shares work among processes: each starts as a copy of this one, with everything it has imported and read."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from sspbench.errors import UserError
from sspbench.jobs.descendants import terminate_with_parent

WorkItem = TypeVar("WorkItem")
WorkResult = TypeVar("WorkResult")


def parallel_map(
    work: Callable[[WorkItem], WorkResult], items: Sequence[WorkItem], processes: int = 1
) -> list[WorkResult]:
    """Return ``work(item)`` for each item, in the order of the items, regardless of the number of processes.

    Neither ``work`` nor the items are sent to the processes, which have them as copies; what it returns is sent back.
    Where the system cannot copy a process safely (everywhere but on Linux), this process does all the work.

    Args:
        work: What is done with an item.
        items: The items; those that take long first keep all processes busy.
        processes: How many processes share them; with one, this one does all.

    Raises:
        UserError: a process was ended by the system.
    """
    count = min(processes, len(items))
    if count < 2 or sys.platform != "linux":
        return [work(item) for item in items]
    copies = multiprocessing.get_context("fork")
    begin = (os.getpid(), work, items)
    try:
        with ProcessPoolExecutor(count, mp_context=copies, initializer=_start_worker, initargs=begin) as pool:
            return list(pool.map(_run_item, range(len(items))))
    except BrokenProcessPool as error:
        why = "the system ended it, usually because memory ran out"
        hint = "use fewer processes (--processes 1), or free memory"
        raise UserError(f"One of {count} processes ended before its work was done", why=why, hint=hint) from error


_SHARED_WORK: dict[str, Any] = {}  # the work and the items, in a process that shares the work


def _start_worker(parent: int, work: Callable[[Any], Any], items: Sequence[Any]) -> None:
    terminate_with_parent(parent)
    _SHARED_WORK.update(work=work, items=items)


def _run_item(index: int) -> Any:
    return _SHARED_WORK["work"](_SHARED_WORK["items"][index])
