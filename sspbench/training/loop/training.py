"""The training loop: resumes exactly, guards against broken models, keeps budgets, says what it did."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...config.overrides import find_length_fault
from ...config.settings import Engine
from ...jobs.budget import defer_time_out
from ...jobs.outcome import Diverged, Interrupted, JobError
from ..trainable import Trainable
from .batches import Batches, rng_for
from .checkpoints import Checkpoints
from .guards import Stopwatch, catch_stop_signals, check_memory_budget, explain_out_of_memory
from .kept_checkpoints import KeptCheckpoints, space_checkpoints
from .torch_setup import autocast_context, configure_torch, keep_freed_memory, memory_format, move_networks
from .training_log import TrainingLog

# Lines of ``training.jsonl`` in a whole run; losses are looked at, and the device waited for, as often.
MAX_LOG_LINES = 100

# Learning rates are scaled by this after a rollback: the same step again would diverge again.
ROLLBACK_RATE_FACTOR = 0.5


@dataclass(frozen=True)
class TrainingBudget:
    """What a training may use, how often it saves, and how many checkpoints stay after it."""

    checkpoint_minutes: float = 2.0
    checkpoint_steps: int | None = None
    memory_mb: float | None = None
    kept_checkpoints: int = 0


def count_total_steps(params: Mapping[str, Any], steps_per_epoch: int) -> int:
    """Return ``params["steps"]``, or ``params["epochs"]`` times the steps of an epoch.

    Raises:
        UserError: both or none of them is given.
    """
    fault = find_length_fault(params)
    if fault is not None:
        raise fault
    steps: Any = params.get("steps")
    return int(steps) if steps is not None else math.ceil(params["epochs"] * steps_per_epoch)


class Training:
    """One training run.

    Args:
        trainable: What is trained, not yet built.
        batches: Where its batches come from.
        engine: How steps are computed.
        budget: What it may use.
        folder: Run folder: ``training.jsonl``, ``tensorboard/``, ``checkpoint/``, ``checkpoints/``.
        fingerprint: Hash of config, data and code.
        label: Shown in the progress bar.
        untrained: Do no step at all: what a method gives before it has learned anything.
        device: Where to compute; None: as the engine says.
    """

    def __init__(
        self,
        trainable: Trainable,
        batches: Batches,
        engine: Engine,
        budget: TrainingBudget,
        folder: Path,
        fingerprint: Mapping[str, str],
        label: str = "train",
        *,
        untrained: bool = False,
        device: torch.device | None = None,
    ) -> None:
        self.trainable, self.batches, self.engine, self.budget = trainable, batches, engine, budget
        self.folder, self.label, self.untrained, self.device = Path(folder), label, untrained, device
        self.checkpoints = Checkpoints(self.folder / "checkpoint", fingerprint)
        self.total_steps = count_total_steps(trainable.params, batches.steps_per_epoch)
        kept_steps = () if untrained else space_checkpoints(budget.kept_checkpoints, self.total_steps)
        self.kept = KeptCheckpoints(self.folder, kept_steps)
        self.log_every = max(1, self.total_steps // MAX_LOG_LINES)
        self.rollbacks = 0
        self.pending: dict[str, Any] = {}
        self.stopwatch = Stopwatch()
        self.resumed_at: list[int] = []

    def run(self, high: Callable[[], Iterable[Tensor]]) -> dict[str, Any]:
        """Train to the end (``untrained``: only build and finish), or raise; return facts for the provenance.

        ``high`` gives the HQ training images.

        Raises:
            Interrupted: SIGTERM or Ctrl-C came; the state is saved.
            OutOfTime: the time budget is used up; the state is saved, unless a step hung.
            Diverged: non-finite losses or gradients after one rollback.
            OutOfMemory: the batch does not fit.
        """
        if self.untrained:
            self.build()
            self.trainable.finish(high())
            return self._provenance_facts()
        start = self._build_and_restore()
        plan = self.batches.plan
        with (
            explain_out_of_memory(plan.size, plan.crop),
            catch_stop_signals() as is_interrupted,
            defer_time_out() as find_time_out,
        ):
            step = start
            while step < self.total_steps:
                step = self._train_until_rollback(step, is_interrupted, find_time_out)
            self.trainable.finish(high())
        return self._provenance_facts()

    def _build_and_restore(self) -> int:
        """Build, restore the newest checkpoint if there is one, and return the step to go on from."""
        self.build()
        progress = self.checkpoints.restore(self.trainable)
        if progress is None:
            self.kept.clear()
            self._save(0, {})
            return 0
        self.pending = progress.get("pending", {})
        self.rollbacks, self.stopwatch = progress["rollbacks"], Stopwatch(progress["seconds"])
        self.resumed_at = [*progress["resumed_at"], progress["step"]]
        return progress["step"]

    def build(self) -> None:
        """Make the networks and optimisers on the device, seeded from the run's seed."""
        trainable = self.trainable
        device = configure_torch(self.engine)
        trainable.device = device if self.device is None else self.device
        trainable.total_steps, trainable.steps_per_epoch = self.total_steps, self.batches.steps_per_epoch
        if trainable.device.type == "cpu":
            keep_freed_memory()
        torch.manual_seed(trainable.seed)
        trainable.build()
        move_networks(self.engine, trainable)

    def _train_until_rollback(
        self, start: int, is_interrupted: Callable[[], bool], find_time_out: Callable[[], JobError | None]
    ) -> int:
        """Train from ``start`` to the end or to a rollback; return the step reached."""
        saved = time.monotonic()
        with TrainingLog(self.folder, self.total_steps, start, self.log_every, self.label, self.pending) as log:
            for step, batch in self._prefetch_batches(start):
                log.add_losses(self.run_step(step, batch))
                done = step + 1
                self.kept.save(done, self.trainable)
                stop = find_time_out() or (self._make_interruption(done) if is_interrupted() else None)
                save = stop is not None or self._is_save_due(done, saved)
                is_line_due = done % self.log_every == 0 or done == self.total_steps
                if save or is_line_due:
                    if not self._all_finite():
                        return self._roll_back(done)
                    check_memory_budget(self.budget.memory_mb, self.trainable.device)
                if is_line_due:
                    log.write_means(done, self._learning_rates(), self.stopwatch.seconds)
                if save:
                    self._save(done, log.collect_pending())
                    saved = time.monotonic()
                if stop is not None:
                    raise stop
        return self.total_steps

    def _make_interruption(self, done: int) -> Interrupted:
        return Interrupted(
            f"Training was interrupted after step {done} of {self.total_steps}; its state is saved",
            where=str(self.checkpoints.folder),
            hint="run the same command again to go on",
        )

    def run_step(self, step: int, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Do one training step on uint8 images, its randomness seeded from (seed, step); return its losses."""
        trainable, device = self.trainable, self.trainable.device
        seed = int(rng_for(trainable.seed, "torch", step).integers(2**62))
        trainable.step = step
        trainable.random.manual_seed(seed)
        torch.manual_seed(seed)
        on_device = [self._to_device(images) for images in batch]
        with autocast_context(self.engine, device):
            return trainable.training_step(*on_device)

    def _to_device(self, images: Tensor) -> Tensor:
        moved = images.to(self.trainable.device, non_blocking=True)
        return moved.float().div_(255.0).contiguous(memory_format=memory_format(self.engine))

    def _prefetch_batches(self, start: int) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
        """Yield (step, batch), the next batch being made while a step computes."""
        pin = self.trainable.device.type == "cuda"

        def make(step: int) -> tuple[Tensor, ...]:
            batch = self.batches.batch(step)
            return tuple(images.pin_memory() for images in batch) if pin else batch

        with ThreadPoolExecutor(1) as maker:
            upcoming = maker.submit(make, start)
            for step in range(start, self.total_steps):
                batch = upcoming.result()
                if step + 1 < self.total_steps:
                    upcoming = maker.submit(make, step + 1)
                yield step, batch

    def _is_save_due(self, done: int, saved: float) -> bool:
        every = self.budget.checkpoint_steps
        if every is not None:
            return done % every == 0
        return time.monotonic() - saved > self.budget.checkpoint_minutes * 60

    def _save(self, step: int, pending: Mapping[str, Any]) -> None:
        progress = {"step": step, "rollbacks": self.rollbacks, "resumed_at": self.resumed_at, "pending": pending}
        self.checkpoints.save(self.trainable, {**progress, "seconds": self.stopwatch.seconds})

    def _all_finite(self) -> bool:
        """Return whether all losses and gradients since the last look were finite."""
        flag, self.trainable.all_finite = self.trainable.all_finite, None
        return flag is None or bool(flag)

    def _roll_back(self, step: int) -> int:
        """Go back to the last checkpoint with lower learning rates, once."""
        if self.rollbacks:
            raise Diverged(
                f"Training diverged: a loss or gradient was not finite near step {step}, again after a rollback",
                hint="lower the learning rate, or look at the images for flat or broken ones",
            )
        self.rollbacks += 1
        progress = self.checkpoints.restore(self.trainable)
        if progress is None:
            hint = "lower the learning rate, and leave the folder checkpoint/ alone while it trains"
            raise Diverged(f"Training diverged near step {step} and no checkpoint is left to go back to", hint=hint)
        self.trainable.learning_rate_scale *= ROLLBACK_RATE_FACTOR
        self.pending = progress.get("pending", {})
        self._save(progress["step"], self.pending)
        return progress["step"]

    def _learning_rates(self) -> dict[str, float]:
        scale = self.trainable.learning_rate_scale
        optimizers = self.trainable.optimizers
        return {name: item.schedule(self.trainable.step) * scale for name, item in optimizers.items()}

    def _provenance_facts(self) -> dict[str, Any]:
        parameters = {
            name: sum(p.numel() for p in network.parameters()) for name, network in self.trainable.networks.items()
        }
        facts: dict[str, Any] = {
            "steps": 0 if self.untrained else self.total_steps,
            "steps_per_epoch": self.batches.steps_per_epoch,
            "training_seconds": round(self.stopwatch.seconds, 2),
            "steps_per_second": 0.0
            if self.untrained
            else round(self.total_steps / max(self.stopwatch.seconds, 1e-9), 3),
            "parameters": parameters,
            "rollbacks": self.rollbacks,
            "resumed_at": self.resumed_at,
            "notes": self.trainable.notes,
            "device": str(self.trainable.device),
        }
        if self.trainable.device.type == "cuda":
            facts["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
        return facts
