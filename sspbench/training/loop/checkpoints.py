"""Checkpoints that are whole or do not count: tensors in safetensors, the rest in JSON with the tensors' hash.

The folder is undeclared to the workflow engine, which deletes the declared outputs of a failed job.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...errors import UserError
from ...files import read_json, replace_atomically, sha256, write_json
from ..networks.weights_check import mismatch_error, read_weights
from ..trainable import Trainable

# Checkpoints kept: a truncated last one falls back to the one before.
KEPT_CHECKPOINTS = 2

# What the JSON beside the tensors has at least; a file without them is not a checkpoint.
REQUIRED_INDEX_KEYS = frozenset({"fingerprint", "sha256", "plain", "step"})


class Checkpoints:
    """The checkpoints of one run in ``folder``; one with another fingerprint (config, data, code) is set aside."""

    def __init__(self, folder: Path, fingerprint: Mapping[str, str]) -> None:
        self.folder = Path(folder)
        self.fingerprint = dict(fingerprint)

    def save(self, trainable: Trainable, progress: Mapping[str, Any]) -> Path:
        """Write the state after ``progress["step"]`` steps; keep the last two."""
        path = self.folder / f"step-{progress['step']:08d}.safetensors"
        tensors, plain = collect_state(trainable)
        _write_tensors(tensors, path)
        index = {"fingerprint": self.fingerprint, "sha256": sha256(path), "plain": plain, **progress}
        write_json(path.with_suffix(".json"), index)
        self._remove_old()
        return path

    def restore(self, trainable: Trainable) -> dict[str, Any] | None:
        """Load the newest whole checkpoint; return its progress, or None where there is none.

        Checkpoints of another config, data or code are set aside beside the folder, with one line that says so.
        """
        for index, path in self._iter_intact():
            changed = sorted(key for key in self.fingerprint if index["fingerprint"].get(key) != self.fingerprint[key])
            if changed:
                self._set_aside(index["step"], changed)
                return None
            restore_state(trainable, load_file(path, device=str(trainable.device)), index["plain"])
            return {key: value for key, value in index.items() if key not in ("fingerprint", "sha256", "plain")}
        return None

    def clear(self) -> None:
        """Remove all checkpoints and what killed attempts to write one left; what cannot be removed is reported."""
        for folder in (self.folder, self.stale_folder):
            shutil.rmtree(folder, ignore_errors=True)
            if folder.exists():
                print(f"{folder} could not be removed; it is not needed any more", file=sys.stderr, flush=True)

    @property
    def stale_folder(self) -> Path:
        """Where checkpoints of another config, data or code are set aside."""
        return self.folder.with_name(f"{self.folder.name}-stale")

    def _remove_old(self) -> None:
        """Remove checkpoints but the last ones, and files of attempts that were killed; failing to is not a fault."""
        old = sorted(self.folder.glob("step-*.safetensors"))[:-KEPT_CHECKPOINTS]
        for path in [*(path.with_suffix(".json") for path in old), *old, *self.folder.glob(".step-*")]:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _set_aside(self, step: int, changed: list[str]) -> None:
        shutil.rmtree(self.stale_folder, ignore_errors=True)
        self.folder.replace(self.stale_folder)
        print(
            f"the checkpoint of step {step} is stale (changed since: {', '.join(changed)}): "
            f"set aside as {self.stale_folder}; "
            "the training starts again from the first step",
            file=sys.stderr,
            flush=True,
        )

    def _iter_intact(self) -> Iterator[tuple[dict[str, Any], Path]]:
        for path in sorted(self.folder.glob("step-*.safetensors"), reverse=True):
            index = _read_index(path.with_suffix(".json"))
            if index is not None and index["sha256"] == sha256(path):
                yield index, path


def _read_index(path: Path) -> dict[str, Any] | None:
    """Return the JSON beside the tensors, or None where it is missing, cut or something else."""
    try:
        index = read_json(path)
    except UserError:
        return None
    whole = isinstance(index, dict) and index.keys() >= REQUIRED_INDEX_KEYS and isinstance(index["fingerprint"], dict)
    return index if whole else None


def collect_state(trainable: Trainable) -> tuple[dict[str, Tensor], dict[str, Any]]:
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


def restore_state(trainable: Trainable, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
    """Put the state back that :func:`collect_state` returned."""
    for name, network in trainable.networks.items():
        network.load_state_dict(_select_prefix(tensors, f"network/{name}/"))
    for name, scheduled in trainable.optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _select_prefix(tensors, f"optimizer/{name}/").items():
            index, field = key.split("/")
            state.setdefault(int(index), {})[field] = value
        whole = scheduled.optimizer.state_dict()
        scheduled.optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
    for name, pool in trainable.pools.items():
        images = _select_prefix(tensors, f"pool/{name}/")
        pool.images = [images[str(index)] for index in range(len(images))]
    trainable.learning_rate_scale = plain["learning_rate_scale"]


def _select_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}


def save_weights(path: Path, trainable: Trainable) -> None:
    """Write the kept networks to a ``.safetensors`` file, atomically."""
    _write_tensors(trainable.weights(), path)


def _write_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    """Write tensors atomically.

    Raises:
        OSError: the system rejects the write, e.g. disk full (safetensors raises its own error for that).
    """
    with replace_atomically(path) as temporary:
        try:
            save_file(tensors, temporary)
        except SafetensorError as error:
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error


def load_weights(path: Path, trainable: Trainable) -> None:
    """Load the kept networks from a ``.safetensors`` file.

    Raises:
        UserError: the file is not a safetensors file, holds non-finite values, or does not fit; the tensors are
            named.
    """
    tensors = read_weights(path)
    fault = mismatch_error(tensors, trainable.weights(), str(path))
    if fault is not None:
        raise fault
    trainable.load_weights(tensors)
