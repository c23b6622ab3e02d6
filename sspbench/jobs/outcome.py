"""How a job ended, for tables and the exit code: done, failed, diverged, out of time or memory, interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_mapping, write_json

STATUS_FILE = "status.json"

NOT_APPLICABLE = "not applicable"
"""The status of a row that cannot be computed on a data set; not a failure."""


class JobError(UserError):
    """A job that could not do its work; ``status`` is what tables show."""

    status = "failed"
    exit_code = 1


class Diverged(JobError):
    """Losses or gradients became non-finite twice."""

    status = "diverged"
    exit_code = 3


class OutOfTime(JobError):
    """The time budget was used up."""

    status = "timeout"
    exit_code = 4


class OutOfMemory(JobError):
    """The machine's memory or the memory budget was used up."""

    status = "out-of-memory"
    exit_code = 5


class Interrupted(JobError):
    """SIGTERM: the state is saved and the same command goes on from it (exit code 75, EX_TEMPFAIL)."""

    status = "interrupted"
    exit_code = 75


def error_from_exit(error: SystemExit) -> JobError:
    """Return what to say where code that has no right to ended the process."""
    return JobError(
        f"sys.exit({'' if error.code is None else repr(error.code)}) was called before the work was done",
        why="code of a plugin, or of a library it uses, asked to end the whole process",
        hint="raise an error instead, so that tables can show its reason",
    )


def write_status(folder: Path, stage: str, status: str, reason: str) -> None:
    """Note in ``status.json`` how a run's stage ended."""
    write_json(Path(folder) / STATUS_FILE, {"stage": stage, "status": status, "reason": reason})


def clear_status(folder: Path) -> None:
    """Forget an earlier end: the stage is tried again or is done."""
    (Path(folder) / STATUS_FILE).unlink(missing_ok=True)


def read_status(folder: Path) -> dict[str, Any]:
    """Return how a run ended: ``done`` with scores, what ``status.json`` says, or ``missing``.

    A ``status.json`` that says nothing of the kind is a run that did not end well: the other runs are shown beside it.
    """
    if (Path(folder) / STATUS_FILE).is_file():
        return _read_status_file(Path(folder) / STATUS_FILE)
    if (Path(folder) / "scores.csv").is_file():
        return {"stage": "score", "status": "done", "reason": ""}
    return {"stage": "", "status": "missing", "reason": "not run, or stopped before it could say why"}


def _read_status_file(path: Path) -> dict[str, Any]:
    try:
        status = read_mapping(path)
    except UserError as error:
        return {"stage": "", "status": "missing", "reason": str(error)}
    if all(isinstance(status.get(key), str) for key in ("stage", "status", "reason")):
        return status
    return {"stage": "", "status": "missing", "reason": f"{path} does not say how the run ended"}
