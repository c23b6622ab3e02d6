"""The weights of a run or a segmenter, its kept checkpoints, and the hash that the training recorded of weights."""

from __future__ import annotations

from pathlib import Path

from ..files import read_mapping, sha256
from .image_folders import find_changed_files
from .outcome import JobError

WEIGHTS_FILE = "weights.safetensors"
TRAIN_RECORD = Path("jobs") / "train.json"
"""The record of a training within the folder of its run."""

WEIGHTS_HASH_KEY = "weights_sha256"

# The folder in a run's folder that holds kept checkpoints; `checkpoint` beside it only serves resuming.
KEPT_FOLDER = "checkpoints"


def hash_weights(folder: Path) -> dict[str, str]:
    """Return the entry of the training's record that says what its weights are."""
    return {WEIGHTS_HASH_KEY: sha256(folder / WEIGHTS_FILE)}


def has_original_weights(folder: Path) -> bool:
    """Return whether the weights in a folder are those of its training; True without them or a recorded hash.

    Raises:
        UserError: the training's record cannot be read.
    """
    weights, record = folder / WEIGHTS_FILE, folder / TRAIN_RECORD
    if not (weights.is_file() and record.is_file()):
        return True
    recorded = read_mapping(record).get(WEIGHTS_HASH_KEY)
    return recorded is None or not find_changed_files({weights: recorded}, record.stat().st_ctime_ns)


def verify_weights(path: Path) -> None:
    """Compare weights with the record of the training beside them; others than a run's own are not compared.

    Raises:
        JobError: they were exchanged, altered or cut off after the training.
    """
    if path.name == WEIGHTS_FILE and not has_original_weights(path.parent):
        raise JobError(
            "These are not the weights that the training wrote",
            where=str(path),
            why="the file was exchanged, altered or cut off: its hash is not the one in jobs/train.json",
            hint=f"put the file back, or remove {path} and run it again: it is trained again",
        )


def kept_step_folder(run: Path, step: int) -> Path:
    """Return the folder of the checkpoint after ``step`` steps: weights and their record, as of a run."""
    return run / KEPT_FOLDER / f"step-{step:08d}"


def kept_steps_file(run: Path, count: int) -> Path:
    """Return the list of the steps whose checkpoints are kept.

    Its name holds their number: where another number is asked for, the file is missing and the run trains again.
    """
    return run / KEPT_FOLDER / f"kept-{count}.json"
