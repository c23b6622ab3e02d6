"""Rules for what is trained: it learns, resumes exactly, obeys its seed; its gradients are right, its weights whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..training.loop.checkpoints import load_weights, save_weights
from ..training.loop.torch_setup import move_networks
from ..training.trainable import Trainable
from .findings import Inspection
from .gradient_rules import check_gradients
from .output_rules import ImageFunction, name_rule
from .synthetic_images import make_method_inputs
from .trial import Trial

FunctionOfTrainable = Callable[[Trainable], ImageFunction]
"""Gives the function of images: a method's ``enhance``, a segmenter's ``probabilities``."""


def check_training(
    inspection: Inspection, trial: Trial, params: Mapping[str, Any], apply: FunctionOfTrainable
) -> Trainable | None:
    """Check a few training steps; return a trained instance, or None where it cannot be trained."""
    trained = None
    with inspection.rule("builds and trains"):
        before = _build_initial_weights(trial, params)
        trained = trial.train(trial.make_trainable(params), "whole")
    if trained is None:
        return None
    with inspection.rule("training changes the weights"):
        _check_weights_changed(before, trained)
    with inspection.rule("works untrained"):
        _check_untrained(trial, params, apply)
    with inspection.rule("interrupted = uninterrupted"):
        trial.train(trial.make_trainable(params), "stopped", stop=True)
        resumed = trial.train(trial.make_trainable(params), "stopped")
        _check_resumed(trained, resumed)
    with inspection.rule("another seed, other weights"):
        if _equal_weights(trained.weights(), trial.train(trial.make_trainable(params, seed=1), "other seed").weights()):
            raise UserError("Two seeds give the same weights", hint="leave seeding to the frame: remove manual_seed")
    with inspection.rule("saved and loaded the same"):
        _check_reloaded(trial, params, trained, apply)
    check_gradients(inspection, trial, params)
    return trained


def check_one_step(inspection: Inspection, trial: Trial, params: Mapping[str, Any]) -> Trainable | None:
    """Train one step on pictures of the trial's mode; return the instance, or None where it fails."""
    with inspection.rule(name_rule("builds and trains", trial.color)):
        return trial.train(trial.make_trainable(params), f"one step, {trial.color}", steps=1)
    return None


def _build_initial_weights(trial: Trial, params: Mapping[str, Any]) -> dict[str, Tensor]:
    trainable = trial.make_trainable(params)
    torch.manual_seed(trainable.seed)
    with trial.monitor.watch():
        trainable.build()
    if not trainable.kept_networks:
        raise UserError("No network is kept for inference", hint="add_network(name, network, keep=True) in build()")
    if not trainable.optimizers:
        raise UserError("build() adds no optimiser", hint="add_optimizer(name, kind, parameters, schedule) in build()")
    return trainable.weights()


def _check_weights_changed(before: Mapping[str, Tensor], trained: Trainable) -> None:
    after = trained.weights()
    for name in trained.kept_networks:
        keys = [key for key in after if key.startswith(f"{name}.")]
        if all(torch.equal(before[key], after[key]) for key in keys):
            raise UserError(
                f"A few steps leave the kept network {name!r} as it was",
                hint="give its parameters to an optimiser, and call descend(loss, ...) with that optimiser's name",
            )


def _check_untrained(trial: Trial, params: Mapping[str, Any], apply: FunctionOfTrainable) -> None:
    """What the row of the untrained network needs: a picture without a single step."""
    built = trial.build_untrained(trial.make_trainable(params), "untrained")
    with trial.monitor.watch():
        result = apply(built)(make_method_inputs(trial.color)["odd size 97 x 61"])
    if not np.isfinite(result).all():
        raise UserError(
            "Without a training step it gives values that are not finite",
            hint="start statistics that training accumulates at neutral values",
        )


def _check_resumed(trained: Trainable, resumed: Trainable) -> None:
    if not _equal_weights(trained.weights(), resumed.weights()):
        raise UserError(
            "A training that was stopped and resumed ends in other weights",
            why="something that changes from step to step is neither in a network, optimiser or pool nor drawn from "
            "self.random",
            hint="register it (add_network, add_optimizer, add_pool), make it a function of self.step, and draw all "
            "randomness with generator=self.random",
        )


def _check_reloaded(trial: Trial, params: Mapping[str, Any], trained: Trainable, apply: FunctionOfTrainable) -> None:
    path = trial.scratch / "weights.safetensors"
    save_weights(path, trained)
    loaded = trial.make_trainable(params)
    loaded.device = torch.device(trial.device)
    with trial.monitor.watch():
        loaded.build()
    load_weights(path, loaded)
    # The same memory layout as in training: sums in another order differ in the last bit.
    move_networks(trial.engine, loaded)
    images = make_method_inputs(trial.color)["odd size 97 x 61"]
    with trial.monitor.watch():
        same = np.array_equal(apply(trained)(images.copy()), apply(loaded)(images.copy()))
    if not same:
        raise UserError(
            "With its saved weights it computes something else than right after training",
            hint="keep=True for every network that is used on images, buffers for everything else it needs",
        )


def _equal_weights(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(first[key], second[key]) for key in first)
