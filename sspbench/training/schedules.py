"""What learning rate schedules share: where in its epochs a run stands."""

from __future__ import annotations


def epoch_of(step: int, total_steps: int, epochs: int) -> int:
    """Return the epoch (1-based) of a step (0-based) when ``epochs`` are spread evenly over ``total_steps``.

    A short run thus goes through the whole schedule of a long one.
    """
    return min(step, total_steps - 1) * epochs // total_steps + 1
