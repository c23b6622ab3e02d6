"""A command in its own process, so that it ends: in time, with all it started, and with the workflow above it.

The containing process copies the command's output to a log, and to its own output where no workflow is above it, and
waits for the process, never for anyone who else holds its output. It needs nothing but the standard library, so that a
plugin which hangs in a library cannot hang it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

from .descendants import ORPHANS_NOTE, adopt_orphans, can_end_orphans, kill_descendants, terminate_with_parent
from .outcome import JobError, OutOfTime, write_status

WORKFLOW_PID_VARIABLE = "SSPBENCH_WORKFLOW"
"""Environment variable: the process that starts jobs; a job ends once its parent is another one."""

BUDGET_GRACE_S = 20.0
"""Seconds a stage has beyond its budget to stop by itself."""

STOP_GRACE_S = 120.0
"""Seconds a job that was asked to stop has for its last step and its checkpoint."""

PROCESS_POLL_S = 0.25
"""Seconds between two looks at the process where it says nothing."""

_REPORT_PIPE: ContextVar[int | None] = ContextVar("reports", default=None)
"""In a contained process: where it reports to the containing one its budget and its end."""


def report_budget(seconds: float | None, stage: str, folder: Path | None) -> None:
    """Send the containing process, if any, the number of seconds within which the work must end (None: no limit)."""
    _send_report({"seconds": seconds, "stage": stage, "folder": None if folder is None else str(folder)})


def _send_report(report: dict[str, Any]) -> None:
    handle = _REPORT_PIPE.get()
    if handle is not None:
        os.write(handle, json.dumps(report).encode() + b"\n")


def run_guarded(work: Callable[[], int], log: Path) -> int:
    """Do ``work`` in its own process, its output copied to ``log``; return its exit status.

    The output is copied to ours as well without a workflow above it, which describes its jobs itself, or where the log
    cannot be written.

    Raises:
        OutOfTime: it did not stop within its budget and was ended.
        JobError: it was killed, or ended without having reported how its work went (``os._exit`` in a plugin).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    adopt_orphans()
    if WORKFLOW_PID_VARIABLE not in os.environ and not can_end_orphans():
        print(ORPHANS_NOTE, file=sys.stderr, flush=True)
    output, reports = os.pipe(), os.pipe()
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        _run_child(work, output, reports, parent)
    os.close(output[1])
    os.close(reports[1])
    with _OutputCopy(log) as copy:
        return _ProcessWatch(process, output[0], reports[0], copy).wait_until_ended()


def _run_child(work: Callable[[], int], output: tuple[int, int], reports: tuple[int, int], parent: int) -> None:
    """Do the work and end this process; never returns. The reading ends stay open: writing must outlive the reader."""
    status = 1
    try:
        os.setsid()
        terminate_with_parent(parent)
        os.dup2(output[1], 1)
        os.dup2(output[1], 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout = open(1, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        _REPORT_PIPE.set(reports[1])
        status = work()
        _send_report({"done": status})
    except Exception:
        traceback.print_exc()
        _send_report({"done": status})
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(status)


class _OutputCopy:
    """Copies output to a file, to our own output or to both; neither being full or closed stops a job."""

    def __init__(self, path: Path) -> None:
        self._file: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        except OSError as error:
            print(f"{path} cannot be written, the job goes on without a log: {error}", file=sys.stderr, flush=True)

        ours = [1] if self._file is None or WORKFLOW_PID_VARIABLE not in os.environ else []
        self._handles = [*ours, *([] if self._file is None else [self._file])]

    def __enter__(self) -> _OutputCopy:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            os.close(self._file)

    def write(self, content: bytes) -> None:
        """Copy some output."""
        for handle in self._handles:
            rest = content
            with contextlib.suppress(OSError):
                while rest:
                    rest = rest[os.write(handle, rest) :]


class _ProcessWatch:
    """Watches a contained process until it has ended or has to be ended."""

    def __init__(self, process: int, output: int, reports: int, log: _OutputCopy) -> None:
        self._child_pid, self._output, self._reports, self._log = process, output, reports, log
        self._budget: dict[str, Any] = {}
        self._reported_status: int | None = None
        self._partial_line = b""
        self._budget_deadline: float | None = None
        self._stop_deadline: float | None = None
        workflow = os.environ.get(WORKFLOW_PID_VARIABLE, "")
        self._workflow_pid = int(workflow) if workflow.isdecimal() else None

    def wait_until_ended(self) -> int:
        """Return the exit status of the process once it has ended, by itself or not."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._forward_signal)
        try:
            status = self._copy_until_exit()
        finally:
            left = kill_descendants(self._child_pid)
        self._drain_pipes()
        if left:
            self._write_line(f"{left} processes that the job left behind were ended")
        if self._reported_status is not None and not os.WIFSIGNALED(status):
            return self._reported_status
        return self._record_error(self._error_from_status(status))

    def _forward_signal(self, number: int, _frame: FrameType | None) -> None:
        self._ask_to_stop(signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)

    def _ask_to_stop(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child_pid, number)
        self._stop_deadline = self._stop_deadline or time.monotonic() + STOP_GRACE_S

    def _copy_until_exit(self) -> int:
        """Copy output and keep watch until the process has ended; return how, as ``waitpid`` shows it."""
        open_pipes = [self._output, self._reports]
        while True:
            ready, _, _ = select.select(open_pipes, [], [], PROCESS_POLL_S)
            for pipe in ready:
                if not self._read_pipe(pipe):
                    open_pipes.remove(pipe)
            ended, status = os.waitpid(self._child_pid, os.WNOHANG)
            if ended:
                return status
            if not open_pipes:
                time.sleep(PROCESS_POLL_S / 10)
            self._enforce_limits()

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        if self._workflow_pid is not None and os.getppid() != self._workflow_pid and self._stop_deadline is None:
            self._write_line("the workflow that started this job is gone: the job is asked to stop")
            self._ask_to_stop(signal.SIGTERM)
        if any(limit is not None and now > limit for limit in (self._budget_deadline, self._stop_deadline)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child_pid, signal.SIGKILL)

    def _read_pipe(self, pipe: int) -> bool:
        """Take what there is from a pipe; False once no one writes to it any more."""
        content = os.read(pipe, 65536)
        if pipe == self._output:
            self._log.write(content)
        else:
            self._partial_line += content
            *lines, self._partial_line = self._partial_line.split(b"\n")
            for line in lines:
                self._handle_report(json.loads(line))
        return bool(content)

    def _handle_report(self, report: dict[str, Any]) -> None:
        if "done" in report:
            self._reported_status = report["done"]
            return
        self._budget = report
        self._budget_deadline = (
            None if report["seconds"] is None else time.monotonic() + report["seconds"] + BUDGET_GRACE_S
        )

    def _drain_pipes(self) -> None:
        """Copy what is left in the pipes without waiting for anyone who still holds them."""
        for pipe in (self._output, self._reports):
            while select.select([pipe], [], [], 0)[0] and self._read_pipe(pipe):
                continue
            os.close(pipe)

    def _error_from_status(self, status: int) -> JobError:
        stage = f"The stage {self._budget['stage']}" if self._budget else "The command"
        if self._budget_deadline is not None and time.monotonic() > self._budget_deadline:
            minutes = self._budget["seconds"] / 60
            return OutOfTime(
                f"{stage} was ended: the time budget of {minutes:g} minutes is used up and it did not stop",
                hint="look for a loop that does not end, or raise resources.minutes or stage_minutes",
            )
        if os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            why = "often the machine's memory ran out" if name == "SIGKILL" else ""
            return JobError(f"{stage} was killed by {name}", why=why, hint="run the same command again")
        return JobError(
            f"{stage} ended its process itself before it was done (exit status {os.waitstatus_to_exitcode(status)})",
            why="code of a plugin, or of a library it uses, called os._exit",
            hint="raise an error instead, so that tables can show its reason",
        )

    def _record_error(self, fault: JobError) -> int:
        self._write_line(f"error: {fault}")
        if self._budget.get("folder"):
            with contextlib.suppress(OSError):  # a full disk: what is said above has to do
                write_status(Path(self._budget["folder"]), self._budget["stage"], fault.status, str(fault))
        return fault.exit_code

    def _write_line(self, text: str) -> None:
        self._log.write(f"{text}\n".encode(errors="backslashreplace"))
