"""What ``auto`` means for precision and memory layout, by device and plugin; and what is known to slow a device down.

On CPUs channels-last convolutions were measured 1.1 to 2 times slower than contiguous ones, but for CS-Net and
EnlightenGAN (``channels_last: [cpu]`` in their YAML); bf16 without the CPU's own instructions for it 5 to 12 times
slower; and compiling takes longer than a demonstration's training (docs/notebook/measurements.md).
"""

from __future__ import annotations

from dataclasses import replace

from ..jobs.machine import cpu_flags
from ..plugins.discovery import Plugin
from .settings import Engine

BF16_CPU_FLAGS = frozenset({"amx_bf16", "avx512_bf16", "bf16"})
"""Flags of CPUs that multiply bf16 by themselves."""

DEFAULT_PRECISION = {"cuda": "tf32", "cpu": "fp32", "mps": "fp32"}


def resolve(engine: Engine, device: str, plugin: Plugin | None = None) -> Engine:
    """Return the engine with every ``auto`` replaced by what suits the device and the plugin.

    Args:
        engine: As the config gives it.
        device: ``cuda``, ``cpu`` or ``mps``.
        plugin: What is to be trained; None: anything without a preference.
    """
    preferred = device == "cuda" or (plugin is not None and device in plugin.meta.get("channels_last", []))
    return replace(
        engine,
        precision=DEFAULT_PRECISION[device] if engine.precision == "auto" else engine.precision,
        channels_last=preferred if engine.channels_last == "auto" else engine.channels_last,
    )


def slowdown_warnings(engine: Engine, device: str, plugin: Plugin | None = None) -> list[str]:
    """Return what in an engine is known to slow the device down, a sentence each."""
    if device != "cpu":
        return []
    found = []
    if engine.precision == "bf16" and not BF16_CPU_FLAGS & cpu_flags():
        found.append("precision bf16 is 5 to 12 times slower on a CPU without instructions for it; auto takes fp32")
    if (
        engine.channels_last is True
        and not resolve(replace(engine, channels_last="auto"), device, plugin).channels_last
    ):
        found.append("channels_last is up to twice as slow for this network on a CPU; auto takes the usual layout")
    return found
