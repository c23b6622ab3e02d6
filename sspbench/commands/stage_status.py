"""Records how the stage of a run ended, for the tables."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import UserError, explain_system_error
from ..jobs.outcome import JobError, clear_status, error_from_exit, write_status


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
        clear_status(folder)
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
