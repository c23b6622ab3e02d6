"""Where a run keeps checkpoints of its training, and their scores."""

from __future__ import annotations

from pathlib import Path

# The folder in a run's folder that holds kept checkpoints; `checkpoint` beside it only serves resuming.
KEPT_FOLDER = "checkpoints"


def kept_step_folder(run: Path, step: int) -> Path:
    """Return the folder of the checkpoint after ``step`` steps: weights and their record, as of a run."""
    return run / KEPT_FOLDER / f"step-{step:08d}"


def kept_steps_file(run: Path, count: int) -> Path:
    """Return the list of the steps whose checkpoints are kept.

    Its name holds their number: where another number is asked for, the file is missing and the run trains again.
    """
    return run / KEPT_FOLDER / f"kept-{count}.json"
