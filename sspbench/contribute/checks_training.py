"""Rules for what is trained: it learns, resumes exactly, obeys its seed; its gradients are right, its weights whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..plan.automatic import chosen
from ..plan.config import default_engine
from ..training.checkpoint import load_weights, save_weights
from ..training.compute import place
from ..training.trainable import Trainable
from .checks_gradients import check_gradients
from .checks_output import Function
from .findings import Inspection
from .pictures import method_inputs
from .trial import Trial

Apply = Callable[[Trainable], Function]
"""Gives the function of images: a method's ``enhance``, a segmenter's ``probabilities``."""


def check_training(inspection: Inspection, trial: Trial, params: Mapping[str, Any], apply: Apply) -> Trainable | None:
    """Check a few training steps; return a trained instance, or None where it cannot be trained."""
    trained = None
    with inspection.rule("builds and trains"):
        before = _built(trial, params)
        trained = trial.train(trial.make(params), "whole")
    if trained is None:
        return None
    with inspection.rule("training changes the weights"):
        _check_learned(before, trained)
    with inspection.rule("works untrained"):
        _check_untrained(trial, params, apply)
    with inspection.rule("interrupted = uninterrupted"):
        trial.train(trial.make(params), "stopped", stop=True)
        resumed = trial.train(trial.make(params), "stopped")
        _check_resumed(trained, resumed)
    with inspection.rule("another seed, other weights"):
        if _equal(trained.weights(), trial.train(trial.make(params, seed=1), "other seed").weights()):
            raise UserError("Two seeds give the same weights", hint="leave seeding to the frame: remove manual_seed")
    with inspection.rule("saved and loaded the same"):
        _check_reloaded(trial, params, trained, apply)
    check_gradients(inspection, trial, params)
    return trained


def _built(trial: Trial, params: Mapping[str, Any]) -> dict[str, Tensor]:
    trainable = trial.make(params)
    torch.manual_seed(trainable.seed)
    with trial.witness.active():
        trainable.build()
    if not trainable.kept:
        raise UserError("No network is kept for inference", hint="add_network(name, network, keep=True) in build()")
    if not trainable.optimizers:
        raise UserError("There is no optimiser", hint="add_optimizer(name, kind, parameters, schedule) in build()")
    return trainable.weights()


def _check_learned(before: Mapping[str, Tensor], trained: Trainable) -> None:
    after = trained.weights()
    for name in trained.kept:
        keys = [key for key in after if key.startswith(f"{name}.")]
        if all(torch.equal(before[key], after[key]) for key in keys):
            raise UserError(
                f"A few steps leave the kept network {name!r} as it was",
                hint="give its parameters to an optimiser, and call descend(loss, ...) with that optimiser's name",
            )


def _check_untrained(trial: Trial, params: Mapping[str, Any], apply: Apply) -> None:
    """What the row of the untrained network needs: a picture without a single step."""
    built = trial.untrained(trial.make(params), "untrained")
    with trial.witness.active():
        result = apply(built)(method_inputs()["odd size 97 x 61"])
    if not np.isfinite(result).all():
        raise UserError(
            "Without a training step it gives values that are not finite",
            hint="start statistics that training accumulates at neutral values",
        )


def _check_resumed(trained: Trainable, resumed: Trainable) -> None:
    if not _equal(trained.weights(), resumed.weights()):
        raise UserError(
            "A training that was stopped and resumed ends in other weights",
            why="something that changes from step to step is neither in a network, optimiser or pool nor drawn from "
            "self.random",
            hint="register it (add_network, add_optimizer, add_pool), make it a function of self.step, and draw all "
            "randomness with generator=self.random",
        )


def _check_reloaded(trial: Trial, params: Mapping[str, Any], trained: Trainable, apply: Apply) -> None:
    path = trial.scratch / "weights.safetensors"
    save_weights(path, trained)
    loaded = trial.make(params)
    with trial.witness.active():
        loaded.build()
    load_weights(path, loaded)
    place(
        chosen(default_engine(), "cpu"), loaded
    )  # the same memory layout as in training: sums in another order differ in the last bit
    images = method_inputs()["odd size 97 x 61"]
    with trial.witness.active():
        same = np.array_equal(apply(trained)(images.copy()), apply(loaded)(images.copy()))
    if not same:
        raise UserError(
            "With its saved weights it computes something else than right after training",
            hint="keep=True for every network that is used on images, buffers for everything else it needs",
        )


def _equal(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(first[key], second[key]) for key in first)
