"""Weights that are given to a run: whole, finite and of the right network, or refused by file and tensor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UserError

if TYPE_CHECKING:
    import torch

IMPORT_HINT = "a public checkpoint is brought in by: python -m sspbench import-weights NAME FILE"


def require_finite(tensors: Mapping[str, torch.Tensor], where: str) -> None:
    """Refuse tensors with NaN or infinite values: anything computed with them is worthless.

    Raises:
        UserError: naming the tensors.
    """
    import torch

    bad = {name: int((~torch.isfinite(tensor)).sum()) for name, tensor in tensors.items()}
    bad = {name: count for name, count in bad.items() if count}
    if bad:
        shown = ", ".join(
            f"{name} ({count} of {tensors[name].numel()} values)" for name, count in list(bad.items())[:5]
        )
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise UserError(
            "Weights hold values that are not finite (NaN or infinite)",
            where=where,
            why=f"{len(bad)} of {len(tensors)} tensors: {shown}{more}",
            hint="the training they come from diverged, or the file is damaged: train again or get the file again",
        )


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Read a ``.safetensors`` file whose tensors are all finite.

    Raises:
        UserError: the file does not exist, is a folder, not safetensors, cut, or holds non-finite values.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    if path.is_dir():
        inside = path / "weights.safetensors"
        hint = f"give the file in it: {inside}" if inside.is_file() else "give a .safetensors file"
        raise UserError("Weights cannot be loaded", where=str(path), why="it is a folder", hint=hint)
    if not path.is_file():
        raise UserError(
            "Weights cannot be loaded", where=str(path), why="the file does not exist", hint="check the path"
        )
    try:
        tensors: dict[str, torch.Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        why = f"it is not a whole safetensors file: {error}"
        hint = f"where the workflow trained them, remove {path} and run it again; {IMPORT_HINT}"
        raise UserError("Weights cannot be loaded", where=str(path), why=why, hint=hint) from error
    require_finite(tensors, str(path))
    return tensors


def mismatch_error(
    found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], where: str
) -> UserError | None:
    """Return what is wrong with tensors of a file that do not fit those expected of a network, None where they fit."""
    shapes = {
        name: f"{name}: expected {tuple(tensor.shape)}, found {tuple(found[name].shape)}"
        for name, tensor in expected.items()
        if name in found and found[name].shape != tensor.shape
    }
    missing, extra = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    if not (shapes or missing or extra):
        return None
    if not expected.keys() & found.keys():
        why = (
            f"no tensor has a name of this network; the file begins with {_first_name(found)}, "
            f"expected {_first_name(expected)}"
        )
        return UserError(
            "Weights are those of another network",
            where=where,
            why=why,
            hint=f"give this network's own file; {IMPORT_HINT}",
        )
    parts = [f"{len(missing)} missing ({_first_name(missing)})"] if missing else []
    parts += [f"{len(extra)} too many ({_first_name(extra)})"] if extra else []
    parts += [f"{len(shapes)} of another shape ({next(iter(shapes.values()))})"] if shapes else []
    return UserError(
        "Weights do not fit",
        where=where,
        why="; ".join(parts),
        hint="they belong to another width, depth or preset: give those trained with this config, or train again",
    )


def _first_name(names: Iterable[str]) -> str:
    return next(iter(names), "nothing")
