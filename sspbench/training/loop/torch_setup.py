"""How torch computes the steps of an engine: precision, memory layout and reuse, compilation, CPU threads.

An engine comes here after ``auto`` was replaced (:func:`~sspbench.config.resolve_auto.resolve`).
"""

from __future__ import annotations

import ctypes
from contextlib import AbstractContextManager
from importlib.util import find_spec

import torch

from ...config.settings import Engine
from ...errors import UserError
from ..trainable import Trainable

# Parameters of glibc's ``mallopt`` (``malloc.h``).
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4

MAX_INT32 = 2**31 - 1
# Bytes by which the heap grows at least.
MIN_HEAP_GROWTH_BYTES = 2**26


def choose_device(engine: Engine) -> str:
    """Return where to compute: ``cuda``, ``cpu`` or ``mps``; ``auto`` never takes ``mps``, which no one has measured.

    Raises:
        UserError: torch cannot use the device that the engine names.
    """
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if engine.device == "auto":
        return "cuda" if usable["cuda"] else "cpu"
    if not usable[engine.device]:
        raise UserError(
            f"torch cannot compute on {engine.device} here",
            where="config: device",
            hint="leave device: auto, or see: python -m sspbench doctor",
        )
    return engine.device


def configure_torch(engine: Engine) -> torch.device:
    """Set torch's global switches; return the device."""
    torch.set_num_threads(engine.threads)
    allowed = engine.precision != "fp32"
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed
    return torch.device(choose_device(engine))


def memory_format(engine: Engine) -> torch.memory_format:
    """Return the layout of networks and batches."""
    return torch.channels_last if engine.channels_last is True else torch.contiguous_format


def move_networks(engine: Engine, trainable: Trainable) -> None:
    """Bring the networks to the trainable's device and the layout; compile them if asked to.

    Raises:
        UserError: they are to be compiled for a GPU and triton is not installed.
    """
    if engine.compile and trainable.device.type == "cuda" and find_spec("triton") is None:
        hint = "install it: uv sync --group compile, or leave compile: false"
        raise UserError("Compiling networks for a GPU needs triton", where="config: compile", hint=hint)
    for network in trainable.networks.values():
        network.to(trainable.device, memory_format=memory_format(engine))  # type: ignore[call-overload]
        if engine.compile:
            network.compile()


def autocast_context(engine: Engine, device: torch.device) -> AbstractContextManager[None]:
    """Return the context in which a step is computed: bf16 where asked for."""
    return torch.autocast(device.type, torch.bfloat16, enabled=engine.precision == "bf16")


def keep_freed_memory() -> bool:
    """Let this process keep freed memory; return whether its C library can (glibc's can).

    By default glibc gives a large block back to the system as soon as it is freed, and has it zeroed again page by page
    when the next step asks for it, and every step asks for the same blocks (measured: docs/notebook/measurements.md).
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
