"""How torch computes the steps of an engine: precision, memory layout, compilation, CPU threads.

An engine comes here after ``auto`` was replaced (:func:`~sspbench.config.resolve_auto.resolve`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

from ...config.settings import Engine
from ..trainable import Trainable


def device_type() -> str:
    """Return where things are computed: ``cuda`` or ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def configure_torch(engine: Engine) -> torch.device:
    """Set torch's global switches; return the device."""
    torch.set_num_threads(engine.threads)
    allowed = engine.precision != "fp32"
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed
    return torch.device(device_type())


def memory_format(engine: Engine) -> torch.memory_format:
    """Return the layout of networks and batches."""
    return torch.channels_last if engine.channels_last is True else torch.contiguous_format


def move_networks(engine: Engine, trainable: Trainable) -> None:
    """Bring the networks to the trainable's device and the layout; compile them if asked to."""
    for network in trainable.networks.values():
        network.to(trainable.device, memory_format=memory_format(engine))  # type: ignore[call-overload]
        if engine.compile:
            network.compile()


def autocast_context(engine: Engine, device: torch.device) -> AbstractContextManager[None]:
    """Return the context in which a step is computed: bf16 where asked for."""
    return torch.autocast(device.type, torch.bfloat16, enabled=engine.precision == "bf16")
