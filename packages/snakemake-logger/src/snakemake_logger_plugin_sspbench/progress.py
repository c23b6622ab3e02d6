"""What has been done of a run and what is being done, as lines for people: without a terminal or a clock."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINES = 16
"""Lines that finished work gets in all: beyond that rows, and where need be trainings, share a line."""

FEWEST = 4
"""Of these, what rows get however many trainings there are."""

NAMED = 6
"""Names in a line about many."""

SLOW = 3.0
"""A job is slow that takes this many times what was expected,"""

PATIENCE_S = 60.0
"""and this many seconds beyond it."""

SILENT_S = 150.0
"""Seconds after which a job that writes nothing to its log is reported as silent."""

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A job that was announced: its rule, and its wildcards sorted by name."""


def key_of(rule: str, wildcards: Mapping[str, Any]) -> Key:
    """Return the key of a job.

    >>> key_of("train", {"seed": 0, "run": "sspnet"})
    ('train', (('run', 'sspnet'), ('seed', '0')))
    """
    return rule, tuple(sorted((name, str(value)) for name, value in wildcards.items()))


@dataclass(frozen=True)
class Planned:
    """A job that was announced.

    Attributes:
        words: What it does.
        done: What it has done once it is done.
        row: The row of the tables whose stage it is, or None.
        seconds: How long it was expected to take.
    """

    words: str
    done: str
    row: str | None
    seconds: float


@dataclass(frozen=True)
class Running:
    """A job at work.

    Attributes:
        key: Which of the announced ones.
        since: Seconds since the epoch.
        logs: The files it writes to.
    """

    key: Key
    since: float
    logs: tuple[Path, ...]


class Progress:
    """The state of a run.

    Args:
        jobs: The announced jobs.
        seconds: How long all were expected to take; None where that is not known.
        start: Seconds since the epoch.
    """

    def __init__(self, jobs: Mapping[Key, Planned], seconds: float | None, start: float) -> None:
        self._jobs, self._seconds, self._start = dict(jobs), seconds, start
        self._pending = dict(jobs)
        self._running: dict[int, Running] = {}
        self._words: dict[int, str] = {}  # of every job that started: one that a cluster tries again starts once
        self._failed: dict[int, str] = {}
        self._told: set[int] = set()
        self._waiting: dict[bool, list[str]] = {True: [], False: []}
        rows = len({job.row for job in jobs.values() if job.row})
        steps = sum(job.row is None for job in jobs.values())
        self._together = {
            True: _shared(rows, max(FEWEST, LINES - steps)),
            False: _shared(steps, LINES - FEWEST) if rows else _shared(steps, LINES),
        }

    @property
    def failed(self) -> list[str]:
        """The jobs that failed and were not done since, with their reasons."""
        return list(self._failed.values())

    @property
    def share(self) -> float:
        """The share of the expected time that lies behind, from 0 to 1."""
        total = sum(job.seconds for job in self._jobs.values())
        return 1.0 - sum(job.seconds for job in self._pending.values()) / total if total else 1.0

    def started(self, number: int, key: Key, when: float, logs: Iterable[Path]) -> None:
        """Note that a job has started."""
        self._running[number] = Running(key, when, tuple(logs))
        job = self._jobs.get(key)
        self._words[number] = job.words if job else key[0]

    def logs(self, number: int) -> tuple[Path, ...]:
        """Return the logs of a running job."""
        return self._running[number].logs if number in self._running else ()

    def finished(self, number: int, when: float) -> list[str]:
        """Note that a job is done; return the lines to print."""
        running = self._running.pop(number, None)
        self._failed.pop(number, None)
        job = self._pending.pop(running.key, None) if running else None
        if running is None or job is None:
            return []
        if job.row is None:
            self._waiting[False].append(f"{job.done} ({duration(when - running.since)})")
        elif all(other.row != job.row for other in self._pending.values()):
            self._waiting[True].append(job.row)
        return self.flush(when, everything=not self._pending)

    def failure(self, number: int, reason: list[str], when: float) -> list[str]:
        """Note that a job failed, and with it what waits for it; return the lines to print."""
        running = self._running.pop(number, None)
        words = self._words.get(number, "run a job")
        self._failed[number] = f"{words}: {reason[0]}"
        if running:
            self._drop(running.key)
        return [*self.flush(when), f"{self._head(when)}FAILED to {words}: {reason[0]}", *(f"  {x}" for x in reason[1:])]

    def flush(self, when: float, everything: bool = False) -> list[str]:
        """Return lines about finished work that waits for a line; with ``everything`` all that waits.

        The last rows wait for no others: they are reported before the tables that are made of them.
        """
        lines = []
        for rows, waiting in self._waiting.items():
            last = rows and all(job.row is None for job in self._pending.values())
            if waiting and (everything or last or len(waiting) >= self._together[rows]):
                lines.append(
                    self._head(when) + (f"enhanced, segmented, scored {listed(waiting)}" if rows else listed(waiting))
                )
                waiting.clear()
        return lines

    def overdue(self, when: float) -> list[str]:
        """Return a line for each job that has become slow or silent since last asked; each is reported once."""
        found = {number: self._trouble(job, when) for number, job in self._running.items() if number not in self._told}
        self._told |= {number for number, words in found.items() if words}
        return [
            self._head(when) + f"still at work: {self._alive(self._running[n], when)}"
            for n, words in found.items()
            if words
        ]

    def live(self, when: float) -> str:
        """Return what is being done now, in one line: elapsed of expected time; empty where nothing is."""
        if not self._running:
            return ""
        jobs = sorted(self._running.values(), key=lambda job: job.since)
        left = self._left(when)
        head = self._head(when) + (f"{duration(left)} left · " if left is not None else "")
        return head + " · ".join(self._alive(job, when) for job in jobs)

    def summed(self, when: float) -> str:
        """Return how long all took."""
        expected = "" if self._seconds is None else f", expected {duration(self._seconds)}"
        return f"{duration(when - self._start)}{expected}"

    def _drop(self, key: Key) -> None:
        """Forget a failed job and those of the same wildcards, which will not run."""
        for other in [other for other in self._pending if other == key or (key[1] and other[1] == key[1])]:
            del self._pending[other], self._jobs[other]

    def _head(self, when: float) -> str:
        return f"{time.strftime('%H:%M:%S', time.localtime(when))}  {self.share:4.0%}  "

    def _left(self, when: float) -> float | None:
        """Return the seconds left, from how fast the run is beside what was expected."""
        if self.share > 0.1:
            return (when - self._start) * (1.0 - self.share) / self.share
        return None if self._seconds is None else self._seconds * (1.0 - self.share)

    def _alive(self, running: Running, when: float) -> str:
        job = self._jobs.get(running.key)
        words = job.words if job else running.key[0]
        expected = f" of {clock(job.seconds)}" if job else ""
        return f"{words} {clock(when - running.since)}{expected}{self._trouble(running, when)}"

    def _trouble(self, running: Running, when: float) -> str:
        job = self._jobs.get(running.key)
        elapsed = when - running.since
        silent = when - max([running.since, *(path.stat().st_mtime for path in running.logs if path.is_file())])
        if silent > SILENT_S:
            return f" (SILENT for {duration(silent)}: {', '.join(str(path) for path in running.logs)})"
        slow = job is not None and elapsed > max(SLOW * job.seconds, job.seconds + PATIENCE_S)
        return " (SLOW)" if slow else ""


def duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> duration(8.4), duration(75), duration(3700)
    ('8 s', '1 min 15 s', '1 h 1 min')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def clock(seconds: float) -> str:
    """Return a time as a clock shows it.

    >>> clock(75), clock(3700)
    ('1:15', '1:01:40')
    """
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def listed(names: list[str]) -> str:
    """Return names in a row, the later ones of many as their number.

    >>> listed(["DCP", "Gamma"])
    'DCP · Gamma'
    """
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return " · ".join(names[:NAMED]) + more


def _shared(items: int, lines: int) -> int:
    """Return how many items share a line, so that all get by with so many lines."""
    return max(1, -(-items // lines))
