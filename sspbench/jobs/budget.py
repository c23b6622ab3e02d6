"""Time budgets of stages: asked to stop from within, and ended from outside where that is not heard."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from .outcome import OutOfTime
from .subprocess_guard import report_budget


@contextmanager
def time_budget(minutes: float, stage: str = "training", folder: Path | None = None) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the block once ``minutes`` have passed, even within a hung Python call.

    A block that does not react (it hangs outside Python, or catches everything) is ended with its process by the
    process that contains it, where there is one (:mod:`sspbench.jobs.subprocess_guard`).

    Args:
        minutes: The budget.
        stage: What is told to have run out of time.
        folder: Where ``status.json`` says so if the process has to be ended.
    """
    error = OutOfTime(
        f"The stage {stage} was stopped: the time budget of {minutes:g} minutes is used up",
        hint="raise resources.minutes in the method's YAML, or stage_minutes in the config; a training resumes",
    )

    def expire(_number: int, _frame: FrameType | None) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, expire)
    report_budget(minutes * 60, stage, folder)
    signal.setitimer(signal.ITIMER_REAL, minutes * 60)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        report_budget(None, stage, folder)
        signal.signal(signal.SIGALRM, before)
