"""The log of a training: ``training.jsonl``, TensorBoard events and a progress bar with the time left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

import torch
from torch import Tensor

from ...files import write_text
from ...jobs.progress import progress_bar


class TrainingLog:
    """Collects losses on the device and writes their means every ``every`` steps: one synchronisation for each.

    Args:
        folder: Run folder; ``training.jsonl`` and ``tensorboard/`` are written there.
        total: Steps of the run.
        start: The step it goes on from; later lines of an earlier attempt are dropped.
        every: Steps between two lines.
        label: Shown in the progress bar.
        pending: Sums of the steps since the last line, as :meth:`collect_pending` gave them with the checkpoint: lines
            do not depend on when a checkpoint was saved.
    """

    def __init__(
        self,
        folder: Path,
        total: int,
        start: int,
        every: int,
        label: str,
        pending: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.path = Path(folder) / "training.jsonl"
        self.every = every
        self._drop_after(start)
        self._lines = self.path.open("a")
        self._events = _open_event_writer(Path(folder) / "tensorboard")
        self._bar = progress_bar(total=total, start=start, label=label, unit="steps")
        self._sums: dict[str, Tensor] = {name: torch.tensor(value) for name, value in pending.get("sums", {}).items()}
        self._count: int = pending.get("count", 0)

    def collect_pending(self) -> dict[str, Any]:
        """Return the sums of losses since the last line and the number of steps, for a checkpoint."""
        return {"sums": {name: float(value) for name, value in self._sums.items()}, "count": self._count}

    def _drop_after(self, start: int) -> None:
        text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.is_file() else ""
        kept = [line for line in text.splitlines() if (step := _read_step(line)) is not None and step <= start]
        write_text(self.path, "".join(line + "\n" for line in kept))

    def add_losses(self, losses: Mapping[str, Tensor]) -> None:
        """Count one step."""
        for name, value in losses.items():
            addend = value.detach().float()
            self._sums[name] = self._sums[name].to(addend.device) + addend if name in self._sums else addend
        self._count += 1
        self._bar.update()

    def write_means(self, step: int, rates: Mapping[str, float], seconds: float) -> None:
        """Write the means since the last line."""
        if not self._count:
            return
        values = (torch.stack(list(self._sums.values())) / self._count).tolist() if self._sums else []
        means = dict(zip(self._sums, values, strict=True))
        line = {"step": step, "seconds": round(seconds, 2), "losses": means, "learning_rates": dict(rates)}
        self._lines.write(json.dumps(line) + "\n")
        self._lines.flush()
        if self._events is not None:
            for kind, values_by_name in (("loss", means), ("learning_rate", rates)):
                for name, value in values_by_name.items():
                    self._events.add_scalar(f"{kind}/{name}", value, step)
        self._bar.set_postfix({name: f"{value:.3g}" for name, value in means.items()}, refresh=False)
        self._sums, self._count = {}, 0

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
        self._lines.close()
        if self._events is not None:
            self._events.close()


def _read_step(line: str) -> int | None:
    """Return the step of a line of the log, None where the line was torn by a killed job or a full disk."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    step = content.get("step") if isinstance(content, dict) else None
    return step if isinstance(step, int) else None


def _open_event_writer(folder: Path) -> Any | None:
    """Return TensorBoard's writer; None where it is not installed: ``training.jsonl`` is the record."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), flush_secs=30)
