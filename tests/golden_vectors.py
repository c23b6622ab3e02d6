"""Golden vectors: outputs of the public implementations, with weights and inputs that anyone can draw again.

A file ``tests/golden/<case>.npz`` holds no weights. Tensor ``i`` of a network is
``offset + scale * z`` with ``z = Generator(PCG64([seed, i])).standard_normal(shape, float32)`` (``|z|`` where said),
and inputs are drawn in the same way from indices 10000 on. Drop further files there, of other sizes and seeds: the
tests find them by the beginning of their name.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from sspbench.training.networks.official_weights import load_official_weights

FOLDER = Path(__file__).parent / "golden"

DEVICE = torch.device(os.environ.get("SSPBENCH_TEST_DEVICE", "cpu"))
"""Where networks compute: ``pytest --device`` sets it."""

torch.backends.cudnn.allow_tf32 = False  # the stored outputs are of float32


def find(pattern: str) -> list[str]:
    """Return the cases whose file name matches ``pattern``, e.g. ``stillgan_g_*``; never an empty list."""
    paths = sorted(FOLDER.glob(pattern + ".npz"))
    if not paths:
        raise FileNotFoundError(f"no golden vectors match {FOLDER / pattern}.npz")
    return [path.stem for path in paths]


def fill_in_order(module: torch.nn.Module, tensors: Sequence[torch.Tensor | np.ndarray]) -> None:
    """Fill a network by position, in its official order."""
    load_official_weights(module, {f"tensor {place}": tensor for place, tensor in enumerate(tensors)})


class Golden:
    """One case: regenerated weights and inputs, and the stored outputs to compare with."""

    def __init__(self, case: str) -> None:
        with np.load(FOLDER / f"{case}.npz") as stored:
            self.arrays = {key: stored[key] for key in stored.files}
        self.meta = json.loads(str(self.arrays["meta"]))
        self.spec = json.loads(str(self.arrays["spec"]))
        self.input_spec = json.loads(str(self.arrays["inputs"]))
        self.outputs = self.meta["outputs"]

    def weights(self) -> list[np.ndarray]:
        """Draw the weights; their sums are checked first, to tell other random numbers from another network."""
        tensors = [_tensor(self.meta["seed"], entry) for entry in self.spec]
        _check_sums("weight", tensors, self.arrays["weight_sums"])
        return tensors

    def inputs(self) -> dict[str, torch.Tensor]:
        """Draw the inputs by name, as float32 tensors; their sums are checked first."""
        drawn = {entry["name"]: _input(self.meta["seed"], entry) for entry in self.input_spec}
        _check_sums("input", list(drawn.values()), self.arrays["input_sums"])
        return {name: torch.from_numpy(array).to(DEVICE) for name, array in drawn.items()}

    def fill(self, module: torch.nn.Module) -> torch.nn.Module:
        """Fill a network by position in its official order and return it, on the device under test."""
        fill_in_order(module, self.weights())
        return module.to(DEVICE)

    def check(self, name: str, got: torch.Tensor | float) -> float:
        """Compare an output with the stored one at the stored tolerance.

        Returns:
            The largest difference relative to the largest absolute value, for the record.

        Raises:
            AssertionError: shape, values, mean or standard deviation differ.
        """
        rule, (mean, std, _, low, high) = self.outputs[name], self.arrays[f"out_{name}_stats"]
        full = torch.as_tensor(got).detach().cpu().numpy().astype(np.float32)
        assert list(full.shape) == rule["shape"], f"{name}: shape {full.shape}, expected {rule['shape']}"
        peak = max(abs(low), abs(high))
        allowed = rule["atol"] + rule["rtol"] * peak
        stored = self.arrays[f"out_{name}"]
        values = full.reshape(-1)[:: rule["stride"]] if rule["stride"] > 1 else full
        worst = float(np.max(np.abs(values.astype(np.float64) - stored)))
        assert worst <= allowed, f"{name}: max difference {worst:.3g}, allowed {allowed:.3g}, largest value {peak:.3g}"
        for label, found, expected in (("mean", full.mean(dtype="f8"), mean), ("std", full.std(dtype="f8"), std)):
            assert abs(found - expected) <= allowed, f"{name}: {label} {found:.6g}, expected {expected:.6g}"
        return worst / peak if peak else worst


def _draw(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, index]))


def _tensor(seed: int, entry: dict) -> np.ndarray:
    z = _draw(seed, entry["i"]).standard_normal(entry["shape"], dtype=np.float32)
    z = np.abs(z) if entry["abs"] else z
    return np.float32(entry["offset"]) + np.float32(entry["scale"]) * z


def _input(seed: int, entry: dict) -> np.ndarray:
    values = getattr(_draw(seed, entry["index"]), entry["draw"])(entry["draw_shape"], dtype=np.float32)
    result = _apply(entry["rule"], values)
    assert list(result.shape) == entry["shape"], f"input {entry['name']}: {result.shape}, expected {entry['shape']}"
    return result


NUMBER = r"([\d.]+)"
REPEATED = rf"clip\({NUMBER}\*\(2\*u-1\), -1, 1\), then every value repeated (\d+) times along H and along W.*"


def _apply(rule: str, values: np.ndarray) -> np.ndarray:
    """Apply a rule of the files' small language to uniform (u) or normal (z) values, in float32."""
    if rule in ("u", "z"):
        return values
    if rule == "2*u-1":
        return np.float32(2) * values - np.float32(1)
    if match := re.fullmatch(rf"{NUMBER}\*[uz]", rule):
        return np.float32(match[1]) * values
    if match := re.match(rf"1 where u > {NUMBER} else 0", rule):
        return (values > np.float32(match[1])).astype(np.float32)
    if match := re.fullmatch(REPEATED, rule):
        clipped = np.clip(np.float32(match[1]) * (np.float32(2) * values - np.float32(1)), -1, 1)
        return clipped.repeat(int(match[2]), axis=2).repeat(int(match[2]), axis=3)
    raise ValueError(f"unknown rule for a golden input: {rule}")


def _check_sums(kind: str, tensors: list[np.ndarray], expected: np.ndarray) -> None:
    for i, (tensor, total) in enumerate(zip(tensors, expected, strict=True)):
        slack = 1e-9 * (1.0 + float(np.abs(tensor).sum(dtype=np.float64)))
        found = float(tensor.sum(dtype=np.float64))
        assert abs(found - total) <= slack, f"{kind} {i} is drawn differently: sum {found!r}, expected {total!r}"
