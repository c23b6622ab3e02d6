"""The rule that a network's gradients do not depend on the memory layout, for one image as for many.

Kernels choose their path by layout; a path that is wrong raises nothing and leaves the losses looking normal.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UserError
from .findings import Inspection
from .trial import Trial

MAX_GRADIENT_DIFFERENCE = 1e-9
"""Largest difference of float64 gradients, relative to the network's largest."""

TIE_BREAK_SD = 1e-3
"""Standard deviation of the noise added to inputs: between equal neighbours max pooling may choose either."""

MEMORY_LAYOUTS = (torch.contiguous_format, torch.channels_last)

CallArguments = tuple[tuple[Any, ...], dict[str, Any]]
"""Arguments and keyword arguments of one call of a network."""


def check_gradients(inspection: Inspection, trial: Trial, params: Mapping[str, Any]) -> None:
    """Check every trained network of a plugin on one image: contiguous and channels-last give the same gradients."""
    with inspection.rule("gradients in any memory layout"):
        for name, (network, call) in _record_calls(trial, params).items():
            _compare_layouts(name, network, call)


def _record_calls(trial: Trial, params: Mapping[str, Any]) -> dict[str, tuple[nn.Module, CallArguments]]:
    """Return the networks that are trained, with the arguments of their first call in a training step."""
    calls: dict[str, tuple[nn.Module, CallArguments]] = {}

    def remembering(name: str) -> Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], None]:
        def hook(network: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            calls.setdefault(name, (copy.deepcopy(network), (args, kwargs)))

        return hook

    training = trial.make_training(trial.make_trainable(params), "gradients")
    with trial.monitor.watch():
        training.build()
        hooks = [
            network.register_forward_pre_hook(remembering(name), with_kwargs=True)
            for name, network in training.trainable.networks.items()
            if any(parameter.requires_grad for parameter in network.parameters())
        ]
        training.run_step(0, training.batches.batch(0))
    for hook in hooks:
        hook.remove()
    return calls


def _compare_layouts(name: str, network: nn.Module, call: CallArguments) -> None:
    batch = next(len(value) for value in _iter_tensors(call))
    one = _map_tensors(call, lambda value: _first_image(value, batch))
    reference, other = (_compute_gradients(network, one, layout) for layout in MEMORY_LAYOUTS)
    largest = max(float(gradient.abs().max()) for gradient in reference)
    worst = max(float((a - b).abs().max()) for a, b in zip(reference, other, strict=True))
    if not worst <= MAX_GRADIENT_DIFFERENCE * largest:
        raise UserError(
            f"The gradients of network {name!r} on one image depend on the memory layout",
            why=f"channels-last differs from contiguous by {worst / largest:.2g} of the largest gradient, in float64",
            hint="take InstanceNorm2d and instance_norm from sspbench: the backward pass of torch's own is wrong there",
        )


def _compute_gradients(network: nn.Module, call: CallArguments, layout: torch.memory_format) -> list[Tensor]:
    """Return the gradients of all inputs and parameters, the output's gradient being noise in the same layout."""
    random = torch.Generator().manual_seed(0)
    inputs: list[Tensor] = []

    def placed(value: Tensor) -> Tensor:
        if not value.is_floating_point() or value.ndim != 4:
            return value
        noisy = value + TIE_BREAK_SD * torch.randn(value.shape, dtype=value.dtype, generator=random)
        inputs.append(noisy.contiguous(memory_format=layout).requires_grad_())
        return inputs[-1].clone()

    network = copy.deepcopy(network).double().train()
    network.to(memory_format=layout)  # type: ignore[call-overload]
    args, kwargs = _map_tensors(call, placed)
    outputs = [value for value in _iter_tensors(network(*args, **kwargs)) if value.requires_grad]
    noise = [torch.randn(value.shape, dtype=value.dtype, generator=random) for value in outputs]
    torch.autograd.backward(outputs, [_to_layout(value, layout) for value in noise])
    found = [*inputs, *network.parameters()]
    return [torch.zeros_like(value) if value.grad is None else value.grad for value in found]


def _to_layout(value: Tensor, layout: torch.memory_format) -> Tensor:
    return value.contiguous(memory_format=layout) if value.ndim == 4 else value


def _first_image(value: Tensor, batch: int) -> Tensor:
    """Cut a tensor of a batch to its first image; floating values become float64."""
    cut = value.detach()
    if cut.ndim and len(cut) == batch:
        cut = cut[:1]
    return cut.double() if cut.is_floating_point() else cut


def _iter_tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors within nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from _iter_tensors(list(value.values()))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _iter_tensors(item)


def _map_tensors(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to the tensors within nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Mapping):
        return {key: _map_tensors(item, function) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_map_tensors(item, function) for item in value)
    return value
