"""How a job ended, for tables and the exit code: done, failed, diverged, out of time or memory, interrupted."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import UserError, explain_system_error
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
    write_json(folder / STATUS_FILE, {"stage": stage, "status": status, "reason": reason})


@contextmanager
def record_status(stage: str, folder: Path) -> Iterator[None]:
    """Record in ``status.json``, for the tables, the error that stops a run's stage within the block; raise it again.

    Scores of an earlier attempt are void once a stage is done again.
    """
    for outdated in ("scores.csv", "run.json"):
        (folder / outdated).unlink(missing_ok=True)
    write_status(folder, stage, "stopped", f"the stage {stage} was killed before it ended")
    try:
        yield
        (folder / STATUS_FILE).unlink(missing_ok=True)
    except UserError as error:
        write_status(folder, stage, getattr(error, "status", "failed"), str(error))
        raise
    except SystemExit as error:
        fault = error_from_exit(error)
        write_status(folder, stage, fault.status, str(fault))
        raise fault from error
    except Exception as error:
        refused = explain_system_error(error)
        if refused is not None:
            with suppress(OSError):  # a full disk has no room for this either
                write_status(folder, stage, JobError.status, str(refused))
            raise refused from error
        where = traceback.extract_tb(error.__traceback__)[-1]
        write_status(folder, stage, "failed", f"{type(error).__name__}: {error} ({Path(where.filename).name})")
        traceback.print_exc()
        raise JobError(
            f"The stage {stage} failed: {type(error).__name__}: {error}",
            where=f"{where.filename}:{where.lineno}",
            hint="see the traceback above",
        ) from error


def read_status(folder: Path) -> dict[str, Any]:
    """Return how a run ended: ``done`` with scores, what ``status.json`` says, or ``missing``.

    A ``status.json`` that says nothing of the kind is a run that did not end well: the other runs are shown beside it.
    """
    if (folder / STATUS_FILE).is_file():
        return _read_status_file(folder / STATUS_FILE)
    if (folder / "scores.csv").is_file():
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
