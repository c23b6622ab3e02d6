"""Train a learned method on the unpaired splits, or a segmenter on HQ images with labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError
from ..files import fingerprint, write_json
from ..images.grey import read_grey
from ..images.manifest import Manifest
from ..jobs.outcome import write_status
from ..jobs.provenance import Job
from ..plan.digest import code_digest, deciding
from ..plan.discovery import Plugin, method_class, plugin, single_class
from ..plan.groups import UNTRAINED
from ..training.batches import Batches, BatchPlan, Domain, DomainBatches, batches_from, load_domain
from ..training.checkpoint import load_weights, save_weights
from ..training.guards import time_budget
from ..training.loop import Budget, Engine, Training
from ..training.trainable import Trainable, TrainableMethod, TrainableSegmenter

SPLIT = {"low": "trainA", "high": "trainB"}
"""The split of each domain."""


@dataclass(frozen=True)
class Limits:
    """Time and saving, which do not change a result."""

    minutes: float = 24 * 60.0
    budget: Budget = field(default_factory=Budget)


def make_method(settings: Mapping[str, Any]) -> TrainableMethod:
    """Return an unbuilt learned method.

    Raises:
        UserError: the plugin's class is not a ``TrainableMethod``.
    """
    found = plugin("methods", settings["method"])
    kind = method_class(found)
    if not issubclass(kind, TrainableMethod):
        raise UserError(
            f"{found.name} is of kind learned but its class cannot be trained",
            where=str(found.code),
            hint="derive it from sspbench.TrainableMethod, or set kind: classical",
        )
    return kind(_with_engine(settings), settings["seed"])


def make_segmenter(settings: Mapping[str, Any]) -> TrainableSegmenter:
    """Return an unbuilt segmenter."""
    found = plugin("segmentation", settings["segmenter"])
    kind = single_class(found.module(), TrainableSegmenter, found.code)
    return kind(_with_engine(settings), settings["seed"])


def _with_engine(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the params; a plugin that has the param ``vgg16`` gets the config's file where it names none."""
    params = dict(settings["params"])
    if "vgg16" in params and params["vgg16"] is None:
        params["vgg16"] = settings["engine"]["vgg16"]
    return params


def load_trained(trainable: Trainable, weights: Path, engine: Mapping[str, Any]) -> torch.device:
    """Build a trainable and load its weights for inference; return the device it is on."""
    device = Engine(**{key: value for key, value in engine.items() if key != "vgg16"}).apply()
    trainable.device = device
    trainable.inference_only = True
    torch.manual_seed(trainable.seed)
    trainable.build()
    load_weights(weights, trainable)
    for network in trainable.networks.values():
        network.to(device)
    trainable.inference_mode()
    return device


def train_method(settings: Mapping[str, Any], manifest: Manifest, folder: Path, limits: Limits) -> None:
    """Train one run; writes ``weights.safetensors``, ``jobs/train.json`` and the log into ``folder``."""
    method = make_method(settings)
    plan = BatchPlan.of(method.params)
    domains = {
        name: Domain(plan, load_domain(manifest.paths(SPLIT[name]), plan, f"{name}-quality"))
        for name in method.learns_from
    }
    batches = batches_from(plan, settings["seed"], domains)
    _train(method, batches, plugin("methods", settings["method"]), settings, manifest, folder, limits)


def train_segmenter(settings: Mapping[str, Any], manifest: Manifest, folder: Path, limits: Limits) -> None:
    """Train the segmenter on HQ images with labels, or take the checkpoint that is given instead."""
    segmenter = make_segmenter(settings)
    if settings["weights"] is not None:
        _adopt(segmenter, settings, folder)
        return
    plan = BatchPlan.of(segmenter.params)
    images = manifest.paths("trainB")
    labels = manifest.beside(images, "trainB_labels")
    pairs = [(image, label) for image, label in zip(images, labels, strict=True) if label is not None]
    if not pairs:
        raise UserError(
            "The segmenter cannot be trained: no HQ training image has a label",
            where=str(manifest.folder / "trainB_labels"),
            hint="add trainB_labels, or give trained weights: --config segmenter_weights=FILE",
        )
    high = Domain(
        plan,
        load_domain([image for image, _ in pairs], plan, "high-quality"),
        load_domain([label for _, label in pairs], plan, "label"),
    )
    batches = DomainBatches(plan, settings["seed"], high)
    _train(segmenter, batches, plugin("segmentation", settings["segmenter"]), settings, manifest, folder, limits)


def _adopt(segmenter: TrainableSegmenter, settings: Mapping[str, Any], folder: Path) -> None:
    job = Job("train", dict(settings))
    load_trained(segmenter, Path(settings["weights"]), settings["engine"])
    save_weights(folder / "weights.safetensors", segmenter)
    write_json(folder / "jobs" / "train.json", job.record(adopted=settings["weights"]))


def _train(
    trainable: Trainable,
    batches: Batches,
    source: Plugin,
    settings: Mapping[str, Any],
    manifest: Manifest,
    folder: Path,
    limits: Limits,
) -> None:
    job = Job("train", dict(settings))
    engine = Engine(**{key: value for key, value in settings["engine"].items() if key != "vgg16"})
    marks = {
        "config": fingerprint(deciding(settings)),
        "data": manifest.digest,
        "code": code_digest([source.code, Path(__file__)]),
    }
    untrained = settings.get("variant") == UNTRAINED
    name = f"{source.name}{'+' + settings['variant'] if settings.get('variant') else ''}"
    training = Training(trainable, batches, engine, limits.budget, folder, marks, f"train {name}", untrained=untrained)

    def hung(reason: str) -> None:
        write_status(folder, "train", "timeout", reason)

    with time_budget(limits.minutes, hung):
        facts = training.run(lambda: _whole_images(manifest.paths("trainB"), trainable.device))
    save_weights(folder / "weights.safetensors", trainable)
    facts["inference_flops_384"] = inference_flops(trainable)
    write_json(folder / "jobs" / "train.json", job.record(data=manifest.digest, fingerprint=marks, **facts))
    training.checkpoints.clear()


def inference_flops(trainable: Trainable, side: int = 384) -> int:
    """Return the floating-point operations (2 a multiply-add) of one grey image of ``side`` x ``side``."""
    from torch.utils.flop_counter import FlopCounterMode

    function = trainable.translate if isinstance(trainable, TrainableMethod) else trainable.predict
    trainable.inference_mode()
    grown = side + -side % trainable.multiple
    image = torch.rand(1, 1, grown, grown, device=trainable.device)
    with torch.inference_mode(not trainable.learns_at_test), FlopCounterMode(display=False) as counter:
        function(image)
    return int(counter.get_total_flops())


def _whole_images(paths: list[Path], device: torch.device) -> Iterator[Tensor]:
    for path in paths:
        yield torch.from_numpy(read_grey(path))[None, None].to(device).float() / 255.0
