"""Time budgets of stages: asked to stop from within, and ended from outside where that is not heard."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .outcome import OutOfTime
from .subprocess_guard import report_budget

# Seconds beyond the budget for the step at work and for saving; less than the containing process waits
# (sspbench.jobs.subprocess_guard.BUDGET_GRACE_S).
SAVE_GRACE_S = 15.0


@contextmanager
def time_budget(minutes: float, stage: str = "training", folder: Path | None = None) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the block once ``minutes`` have passed, even within a hung Python call.

    A block that does not react (it hangs outside Python, or catches everything) is ended with its process by the
    process that contains it, where there is one (:mod:`sspbench.jobs.subprocess_guard`).

    Args:
        minutes: The budget.
        stage: What is reported to have run out of time.
        folder: Where ``status.json`` says so if the process has to be ended.
    """
    error = OutOfTime(
        f"The stage {stage} was stopped: the time budget of {minutes:g} minutes is used up",
        hint="raise resources.minutes in the method's YAML, or stage_minutes in the config; a training resumes",
    )
    budget = _Budget(error)
    _OPEN_BUDGETS.append(budget)
    before = signal.signal(signal.SIGALRM, budget.expire)
    report_budget(minutes * 60, stage, folder)
    signal.setitimer(signal.ITIMER_REAL, minutes * 60)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _OPEN_BUDGETS.pop()
        report_budget(None, stage, folder)
        signal.signal(signal.SIGALRM, before)


@dataclass
class _Budget:
    """A budget at work: what it raises, and whether the work is given time to save its state first."""

    error: OutOfTime
    is_deferred: bool = False
    is_used_up: bool = False

    def expire(self, _number: int, _frame: FrameType | None) -> None:
        """Raise the error; where it is deferred, the second time."""
        if self.is_deferred and not self.is_used_up:
            self.is_used_up = True
            signal.setitimer(signal.ITIMER_REAL, SAVE_GRACE_S)
            return
        raise self.error

    def find_error(self) -> OutOfTime | None:
        """Return the error once the time is used up, else None."""
        return self.error if self.is_used_up else None


_OPEN_BUDGETS: list[_Budget] = []


@contextmanager
def defer_time_out() -> Iterator[Callable[[], OutOfTime | None]]:
    """Within the block a used-up budget is only reported, so that the work can be saved; yields what reports it.

    The yielded function returns the error to raise once the time is used up, else None. Work that does not raise it
    within :data:`SAVE_GRACE_S` seconds is stopped wherever it is. Without a budget nothing is ever reported.
    """
    if not _OPEN_BUDGETS:
        yield lambda: None
        return
    budget = _OPEN_BUDGETS[-1]
    budget.is_deferred = True
    try:
        yield budget.find_error
    finally:
        budget.is_deferred = False
