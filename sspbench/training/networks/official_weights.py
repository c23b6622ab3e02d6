"""Official weights: a network's tensors in the public positional order, filled and loaded by position.

Key names differ between the public implementations and ours; the order of tensors does not. So every network of a
published method defines ``official_tensors() -> list[Tensor]``: its parameters and buffers in the documented order,
without the batch counters of batch normalisation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UserError
from .weights_check import require_finite

if TYPE_CHECKING:
    import numpy as np
    import torch

# Key of batch normalisation's counter, which old checkpoints lack and no output depends on.
BATCH_COUNTER_NAME = "num_batches_tracked"
# Order of the tensors of one layer.
TENSOR_ROLES = ("weight", "bias", "running_mean", "running_var")


def list_official_tensors(module: torch.nn.Module) -> list[torch.Tensor]:
    """Return the live tensors of a network in the official order.

    Raises:
        UserError: the network defines no such order.
    """
    listed: Callable[[], list[torch.Tensor]] | None = getattr(module, "official_tensors", None)
    if listed is None:
        raise UserError(
            f"{type(module).__name__} has no official tensor order",
            hint="define official_tensors(self) -> list of tensors in the network",
        )
    return listed()


def list_layer_tensors(*modules: torch.nn.Module) -> list[torch.Tensor]:
    """List weight, bias, running mean and running variance (those that exist) of each leaf module, in order."""
    found = (getattr(module, role, None) for module in modules for role in TENSOR_ROLES)
    return [tensor for tensor in found if tensor is not None]


def load_official_weights(module: torch.nn.Module, state: Mapping[str, torch.Tensor], *, where: str = "") -> None:
    """Load an official ``state_dict`` by position, with any keys.

    ``module.`` prefixes are cut off and batch counters left out; the mapping's order is the order of the tensors.
    A network whose public checkpoints hold tensors that reach no output names parts of their keys in
    ``official_ignored``. A state with the network's own keys is loaded by key.

    Raises:
        UserError: the state does not fit; nothing has been changed then.
    """
    ignored = (BATCH_COUNTER_NAME, *getattr(module, "official_ignored", ()))
    items = {
        strip_wrapper_prefix(key): tensor for key, tensor in state.items() if not any(part in key for part in ignored)
    }
    own = _tensor_names(module, list_official_tensors(module))
    if set(own) == set(items):
        items = {key: items[key] for key in own}
    _copy_in_order(module, list(items.items()), where=where)


def strip_wrapper_prefix(key: str) -> str:
    """Cut the ``module.`` prefixes, which parallel wrappers add, off a key."""
    while key.startswith("module."):
        key = key.removeprefix("module.")
    return key


def _copy_in_order(module: torch.nn.Module, items: Sequence[tuple[str, np.ndarray | torch.Tensor]], where: str) -> None:
    import torch

    targets = list_official_tensors(module)
    names = _tensor_names(module, targets)
    fit = f"the weights must belong to {type(module).__name__} at this width and depth"
    if where.endswith(".safetensors"):
        fit += "; safetensors sort their tensors, so give their order in the metadata as order: [key, ...], or the .pth"
    for position, (name, target, (key, array)) in enumerate(zip(names, targets, items, strict=False)):
        if tuple(array.shape) != tuple(target.shape):
            raise UserError(
                f"Tensor {position} ({key}) does not fit {name}",
                where=where,
                why=f"expected shape {tuple(target.shape)}, found {tuple(array.shape)}",
                hint=fit,
            )
    if len(targets) != len(items):
        missing = len(items) < len(targets)
        first = names[len(items)] if missing else items[len(targets)][0]
        raise UserError(
            f"Expected {len(targets)} tensors, found {len(items)}",
            where=where,
            why=f"the first tensor {'missing' if missing else 'too many'} is {first}",
            hint=fit,
        )
    require_finite({key: torch.as_tensor(array) for key, array in items}, where)
    with torch.no_grad():
        for target, (_, array) in zip(targets, items, strict=True):
            target.copy_(torch.as_tensor(array))


def _tensor_names(module: torch.nn.Module, tensors: Iterable[torch.Tensor]) -> list[str]:
    known = {id(tensor): name for name, tensor in [*module.named_parameters(), *module.named_buffers()]}
    return [known.get(id(tensor), "unnamed tensor") for tensor in tensors]


def read_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Read a checkpoint: ``.safetensors``, or a pickled file restricted to plain tensors.

    Raises:
        UserError: the file is missing, unreadable, or holds anything but named tensors.
    """
    path = Path(path)
    if not path.is_file():
        why = "it is a folder" if path.is_dir() else "the file does not exist"
        raise UserError("A weight file is missing", where=str(path), why=why, hint="give the file itself")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    return _read_pickled(path)


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as stored:
            order = json.loads((stored.metadata() or {}).get("order", "null"))
            return {key: stored.get_tensor(key) for key in order or _sort_by_number(list(stored.keys()))}
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        hint = "get the file again; order in its metadata, if it has one, is a JSON list of its tensors"
        raise UserError("A weight file cannot be read", where=str(path), why=str(error), hint=hint) from error


def _sort_by_number(keys: list[str]) -> list[str]:
    """Order keys such as ``model.10.bias`` by their number, weight before bias; leave others as they are."""
    by_plain = {strip_wrapper_prefix(key): key for key in keys}
    found = [re.fullmatch(r"(\D*)(\d+)(?:\.(weight|bias|running_mean|running_var))?", key) for key in by_plain]
    matches = [match for match in found if match]
    if len(matches) < len(found) or len({match[1] for match in matches}) > 1:
        return keys
    roles = (None, *TENSOR_ROLES)
    ranked = sorted((int(match[2]), roles.index(match[3]), match.string) for match in matches)
    return [by_plain[plain] for *_, plain in ranked]


def _read_pickled(path: Path) -> dict[str, torch.Tensor]:
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise UserError(
            "A weight file cannot be read",
            where=str(path),
            why="it is not a plain checkpoint of tensors, or it is damaged (code in it is never run)",
            hint="save the network's state_dict() alone, best as .safetensors",
        ) from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    wrong = _why_not_state_dict(content)
    if wrong:
        raise UserError(
            "A weight file holds no named tensors", where=str(path), why=wrong, hint="save the network's state_dict()"
        )
    return dict(content)


def _why_not_state_dict(content: object) -> str:
    """Return why something is not a mapping of names to tensors; nothing where it is one."""
    import torch

    if not isinstance(content, dict):
        return f"found {type(content).__name__}"
    if not content:
        return "it is empty"
    for key, value in content.items():
        if not isinstance(key, str):
            return f"a tensor is named by {key!r}, of type {type(key).__name__}, not by text"
        if not isinstance(value, torch.Tensor):
            return f"{key!r} is of type {type(value).__name__}"
    return ""
