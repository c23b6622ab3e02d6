"""Evenly spaced checkpoints of a training that are kept, each a run folder whose weights can enhance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from torch import Tensor

from ...config.overrides import find_spacing_fault
from ...jobs.weights_record import KEPT_FOLDER, WEIGHTS_FILE, kept_step_folder
from ..trainable import Trainable
from .checkpoints import load_weights, save_weights

# The weights as they were at that step, before `Trainable.finish`.
UNFINISHED_FILE = "unfinished.safetensors"


def space_checkpoints(count: int, total_steps: int) -> tuple[int, ...]:
    """Return the steps after which a checkpoint is kept, evenly spaced; the last is the last step.

    >>> space_checkpoints(4, 10)
    (2, 5, 8, 10)

    Raises:
        UserError: there are fewer steps than checkpoints.
    """
    fault = find_spacing_fault(count, total_steps)
    if fault is not None:
        raise fault
    return tuple(round(place * total_steps / count) for place in range(1, count + 1))


class KeptCheckpoints:
    """The checkpoints of one training that stay after it: one after each of the ascending ``steps``.

    A training only writes weights down as they are; what comes after its last step (``Trainable.finish``) is done to
    each of them once it has ended, so that keeping checkpoints cannot change it.
    """

    def __init__(self, run: Path, steps: Sequence[int]) -> None:
        self.run, self.steps = run, steps

    def save(self, step: int, trainable: Trainable) -> None:
        """Write the weights after ``step`` steps if they are to be kept; those of an earlier attempt are replaced."""
        if step in self.steps:
            save_weights(kept_step_folder(self.run, step) / UNFINISHED_FILE, trainable)

    def finish(self, trainable: Trainable, high: Callable[[], Iterable[Tensor]]) -> list[Path]:
        """Do to each checkpoint what a training does after its last step; return their folders.

        ``trainable`` is left with the weights of the last checkpoint: its own are saved by then. ``high`` gives the HQ
        training images.
        """
        folders = [kept_step_folder(self.run, step) for step in self.steps]
        for folder in folders:
            unfinished = folder / UNFINISHED_FILE
            if unfinished.is_file():  # else an attempt that was killed while it finished them has done it
                load_weights(unfinished, trainable)
                trainable.finish(high())
                save_weights(folder / WEIGHTS_FILE, trainable)
                unfinished.unlink()
        return folders

    def clear(self) -> None:
        """Remove the checkpoints of an earlier training, and their scores."""
        shutil.rmtree(self.run / KEPT_FOLDER, ignore_errors=True)
