"""Checkpoints that are whole or do not count: tensors in safetensors, the rest in JSON with the tensors' hash.

The folder is undeclared to the workflow engine, which deletes the declared outputs of a failed job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import UserError
from ..files import read_json, replacing, sha256, write_json
from .given import misfit, read_weights
from .trainable import Trainable

KEEP = 2
"""Checkpoints kept: a truncated last one falls back to the one before."""


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Where they lie.
        fingerprint: Hash of config, data and code; a checkpoint with another one is refused.
    """

    def __init__(self, folder: Path, fingerprint: Mapping[str, str]) -> None:
        self.folder = Path(folder)
        self.fingerprint = dict(fingerprint)

    def save(self, trainable: Trainable, progress: Mapping[str, Any]) -> Path:
        """Write the state after ``progress["step"]`` steps; keep the last two."""
        path = self.folder / f"step-{progress['step']:08d}.safetensors"
        tensors, plain = gather(trainable)
        with replacing(path) as temporary:
            save_file(tensors, temporary)
        index = {"fingerprint": self.fingerprint, "sha256": sha256(path), "plain": plain, **progress}
        write_json(path.with_suffix(".json"), index)
        for old in sorted(self.folder.glob("step-*.safetensors"))[:-KEEP]:
            old.with_suffix(".json").unlink(missing_ok=True)
            old.unlink()
        return path

    def restore(self, trainable: Trainable) -> dict[str, Any] | None:
        """Load the newest whole checkpoint; return its progress, or None where there is none.

        Raises:
            UserError: the checkpoint was made with another config, data or code.
        """
        for index, path in self._whole():
            self._refuse_stale(index["fingerprint"], path)
            scatter(trainable, load_file(path, device=str(trainable.device)), index["plain"])
            return {key: value for key, value in index.items() if key not in ("fingerprint", "sha256", "plain")}
        return None

    def clear(self) -> None:
        """Remove all checkpoints."""
        for path in self.folder.glob("step-*"):
            path.unlink()
        if self.folder.exists():
            self.folder.rmdir()

    def _whole(self) -> Iterator[tuple[dict[str, Any], Path]]:
        for path in sorted(self.folder.glob("step-*.safetensors"), reverse=True):
            index = _read_index(path.with_suffix(".json"))
            if index is not None and index["sha256"] == sha256(path):
                yield index, path

    def _refuse_stale(self, found: Mapping[str, str], path: Path) -> None:
        changed = sorted(key for key in self.fingerprint if found.get(key) != self.fingerprint[key])
        if changed:
            raise UserError(
                "A checkpoint is stale and is not resumed from",
                where=str(path),
                why=f"changed since it was written: {', '.join(changed)}",
                hint=f"remove the folder to start anew: rm -r {self.folder}",
            )


def _read_index(path: Path) -> dict[str, Any] | None:
    try:
        return read_json(path)
    except (FileNotFoundError, UserError):
        return None


def gather(trainable: Trainable) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return all state of a trainable: tensors by name, and plain values by name."""
    tensors: dict[str, Tensor] = {}
    for name, network in trainable.networks.items():
        tensors |= {f"network/{name}/{key}": value for key, value in network.state_dict().items()}
    plain: dict[str, Any] = {"learning_rate_scale": trainable.learning_rate_scale}
    for name, scheduled in trainable.optimizers.items():
        for index, state in scheduled.optimizer.state_dict()["state"].items():
            for key, value in state.items():
                tensors[f"optimizer/{name}/{index}/{key}"] = torch.as_tensor(value)
    for name, pool in trainable.pools.items():
        tensors |= {f"pool/{name}/{index}": image for index, image in enumerate(pool.images)}
    return {key: value.detach().contiguous().clone() for key, value in tensors.items()}, plain


def scatter(trainable: Trainable, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
    """Put the state back that :func:`gather` returned."""
    for name, network in trainable.networks.items():
        network.load_state_dict(_below(tensors, f"network/{name}/"))
    for name, scheduled in trainable.optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _below(tensors, f"optimizer/{name}/").items():
            index, field = key.split("/")
            state.setdefault(int(index), {})[field] = value
        whole = scheduled.optimizer.state_dict()
        scheduled.optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
    for name, pool in trainable.pools.items():
        images = _below(tensors, f"pool/{name}/")
        pool.images = [images[str(index)] for index in range(len(images))]
    trainable.learning_rate_scale = plain["learning_rate_scale"]


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}


def save_weights(path: Path, trainable: Trainable) -> None:
    """Write the kept networks to a ``.safetensors`` file, atomically."""
    with replacing(path) as temporary:
        save_file(trainable.weights(), temporary)


def load_weights(path: Path, trainable: Trainable) -> None:
    """Load the kept networks from a ``.safetensors`` file.

    Raises:
        UserError: the file is no safetensors file, holds values that are not finite, or does not fit; the tensors are
            named.
    """
    tensors = read_weights(path)
    fault = misfit(tensors, trainable.weights(), str(path))
    if fault is not None:
        raise fault
    trainable.load_weights(tensors)
