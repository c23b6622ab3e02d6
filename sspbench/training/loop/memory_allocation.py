"""Memory of a training step on a CPU: what a step has freed is kept for the next one.

By default glibc gives a large block back to the system as soon as it is freed, and has it zeroed again page by page
when the next step asks for it, and every step asks for the same blocks (measured: docs/notebook/measurements.md).
"""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Parameters of glibc's ``mallopt`` (``malloc.h``)."""
MAX_INT32 = 2**31 - 1
MIN_HEAP_GROWTH_BYTES = 2**26
"""Bytes by which the heap grows at least."""


def keep_freed_memory() -> bool:
    """Let this process keep freed memory; return whether its C library can (glibc's can).

    Where the tensors lie changes; no value does.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all(
        mallopt(name, value) == 1
        for name, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, MAX_INT32), (TOP_PAD, MIN_HEAP_GROWTH_BYTES))
    )
