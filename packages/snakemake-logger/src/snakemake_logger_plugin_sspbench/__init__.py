"""Snakemake's output for sspbench: what will be done, a line per finished row or training, failures with reasons.

The Snakefile hands over what it knows of the jobs in a log record with an attribute ``outlook``; all else comes from
Snakemake's own records. Its messages about itself go to its log file, and with ``--verbose`` to the terminal.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from .progress import Planned, Progress, key_of
from .reasons import plain, reason
from .screen import Screen

__all__ = ["LogHandler"]

LOOK_EVERY_S = {True: 1.0, False: 15.0}
"""Seconds between two looks at the running jobs, by whether the line that describes them is shown."""

CHATTER = (
    "Config file ",
    "Assuming unrestricted shared filesystem",
    "Building DAG of jobs",
    "Using shell",
    "Select jobs to execute",
    "Removing output files of failed job",
    "Waiting at most",
    "Elapsed time",
    "Updating checkpoint dependencies",
)
"""How plain messages begin that a user does not need."""

KNOWN_BY_NOW = ("CalledProcessError", "At least one job did not complete", "Exiting because a job execution failed")
"""What errors say that follow from a failed job, which was reported with its reason."""

LOG_FILES = "Complete log(s): "


class LogHandler(LogHandlerBase):  # type: ignore[misc]  # the interface has no types
    """Writes what a user wants to know of a run."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self._screen = Screen(sys.stdout if self.common_settings.stdout else sys.stderr)
        self._outlook: Any = None
        self._progress: Progress | None = None
        self._log_files = ""
        self._over = threading.Event()
        self._watch: threading.Thread | None = None
        self._events = {
            LogEvent.RUN_INFO: self._announce,
            LogEvent.JOB_INFO: self._started,
            LogEvent.JOB_FINISHED: self._finished,
            LogEvent.JOB_ERROR: self._failed,
            LogEvent.ERROR: self._error,
            None: self._plain,
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Write what a record says; a fault in that never stops the run."""
        try:
            if hasattr(record, "outlook"):
                self._outlook = record.outlook
                return
            event = getattr(record, "event", None)
            talkative = self._talkative(record, event)
            if talkative:
                self._screen.lines([text for text in [self.format(record)] if text and text != "None"])
            if event in self._events and not (talkative and event in (None, LogEvent.ERROR)):
                self._events[event](record)
        except Exception:  # as every handler of logging does
            self.handleError(record)

    def close(self) -> None:
        """Say how it ended."""
        self._over.set()
        with self.lock:
            if self._progress is not None and not self.common_settings.dryrun:
                self._screen.lines(self._ending(self._progress))
                self._progress = None
            self._screen.wipe()
        super().close()

    @property
    def _quiet(self) -> bool:
        return bool(self.common_settings.quiet)

    def _talkative(self, record: logging.LogRecord, event: LogEvent | None) -> bool:
        """Return whether a record is shown as Snakemake words it."""
        if event == LogEvent.SHELLCMD and not self.common_settings.verbose:
            return bool(self.common_settings.printshellcmds)
        if event == LogEvent.DEBUG_DAG:
            return bool(self.common_settings.debug_dag)
        return bool(self.common_settings.verbose)

    def _announce(self, record: logging.LogRecord) -> None:
        """Say what will be done, once the jobs are known."""
        if self._outlook is None or self._progress is not None:
            return
        forecast = self._outlook()
        jobs = {key: Planned(**job) for key, job in forecast["jobs"].items()}
        self._progress = Progress(jobs, forecast["seconds"], record.created)
        if self.common_settings.dryrun:
            self._screen.lines(
                [*forecast["lines"], "This was a dry run: nothing was done. Why each job would run: --verbose"]
            )
        elif not self._quiet:
            self._screen.lines(forecast["lines"])
            self._watch = threading.Thread(target=self._look, daemon=True)
            self._watch.start()

    def _look(self) -> None:
        """Report the running jobs until the run is over."""
        while not self._over.wait(LOOK_EVERY_S[self._screen.live]):
            with self.lock:
                if self._progress is not None:
                    self._refresh(self._progress)

    def _refresh(self, progress: Progress) -> None:
        now = time.time()
        if self._screen.live:
            self._screen.show(progress.live(now))
        else:
            self._screen.lines(progress.overdue(now))

    def _started(self, record: Any) -> None:
        if self._progress is not None and not self.common_settings.dryrun:
            logs = [Path(path) for path in record.log]
            self._progress.started(record.jobid, key_of(record.rule_name, record.wildcards), record.created, logs)

    def _finished(self, record: Any) -> None:
        if self._progress is not None:
            lines = self._progress.finished(record.job_id, record.created)
            self._screen.lines([] if self._quiet else lines)
            self._screen.wipe()

    def _failed(self, record: Any) -> None:
        logs = [Path(path) for path in record.log]
        if self._progress is None:
            self._screen.lines([f"FAILED {record.rule_name}", *reason(logs)])
            return
        self._screen.lines(
            self._progress.failure(record.jobid, reason(self._progress.logs(record.jobid) or logs), record.created)
        )

    def _error(self, record: logging.LogRecord) -> None:
        text = str(record.msg)
        if not self._told(text):
            self._screen.lines([f"error: {plain(text)}"])

    def _told(self, text: str) -> bool:
        return self._progress is not None and any(words in text for words in KNOWN_BY_NOW)

    def _plain(self, record: logging.LogRecord) -> None:
        """Write a message that belongs to no job: warnings and errors."""
        text = str(record.msg or "").strip()
        if text.startswith(LOG_FILES):
            self._log_files = text.removeprefix(LOG_FILES)
        elif self._told(text):
            if self._progress is not None and not self._quiet:
                lines = self._progress.flush(record.created, everything=True)
                self._screen.lines([*lines, "Some jobs failed; tables, figures and page show what there is:"])
        elif record.levelno > logging.INFO or not self._is_chatter(record, text):
            self._screen.lines([text])

    def _is_chatter(self, record: logging.LogRecord, text: str) -> bool:
        dry = bool(self.common_settings.dryrun) and self._progress is not None
        return not text or record.levelno < logging.INFO or dry or self._quiet or text.startswith(CHATTER)

    def _ending(self, progress: Progress) -> list[str]:
        log = f"; Snakemake's log: {self._log_files}" if self._log_files else ""
        failed = [f"FAILED to {job}" for job in progress.failed]
        return [*failed, *([] if self._quiet else [f"{progress.summed(time.time())}{log}"])]
