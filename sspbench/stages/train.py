"""Train a learned method on the unpaired splits, or a segmenter on HQ images with labels."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..config.resolve_auto import resolve, slowdown_warnings
from ..config.settings import Engine, Settings
from ..contract import ColorMode
from ..errors import UserError
from ..files import fingerprint, write_json
from ..images.manifest import Manifest
from ..images.pictures import read_picture, to_planes
from ..jobs.budget import time_budget
from ..jobs.image_folders import verify_splits
from ..jobs.provenance import JobRecorder
from ..jobs.weights_record import TRAIN_RECORD, WEIGHTS_FILE, hash_weights, kept_steps_file, verify_weights
from ..plugins.discovery import find_single_class, load_method_class
from ..plugins.kinds import METHOD_KIND
from ..plugins.row_groups import UNTRAINED_VARIANT
from ..training.loop.batches import Batches, BatchPlan, Domain, DomainBatches, load_domain_images, make_batches
from ..training.loop.checkpoints import load_weights, save_weights
from ..training.loop.torch_setup import choose_device, configure_torch
from ..training.loop.training import Training, TrainingBudget
from ..training.optimizers import avoid_compiler_import
from ..training.trainable import Trainable, TrainableMethod, TrainableSegmenter
from ..workflow.code_digests import code_digest
from .held_out import choose_threshold, split_held_out

# The split of each domain.
SPLIT_BY_DOMAIN = {"low": "trainA", "high": "trainB"}


@dataclass(frozen=True)
class TrainingLimits:
    """Time and saving, which do not change a result."""

    minutes: float = 24 * 60.0
    budget: TrainingBudget = field(default_factory=TrainingBudget)


def make_method(settings: Settings) -> TrainableMethod:
    """Return an unbuilt learned method.

    Raises:
        UserError: the plugin's class is not a ``TrainableMethod``.
    """
    found = settings.plugin
    kind = load_method_class(found)
    if not issubclass(kind, TrainableMethod):
        raise UserError(
            f"{found.name} is of kind learned but its class cannot be trained",
            where=str(found.code_file),
            hint="derive it from sspbench.TrainableMethod, or set kind: classical",
        )
    method = kind(settings.plugin_params, settings.seed)
    method.channels = settings.channels
    return method


def make_segmenter(settings: Settings) -> TrainableSegmenter:
    """Return an unbuilt segmenter."""
    found = settings.plugin
    kind: type[TrainableSegmenter] = find_single_class(found.import_module(), TrainableSegmenter, found.code_file)
    segmenter = kind(settings.plugin_params, settings.seed)
    segmenter.channels = settings.channels
    return segmenter


def make_trainable(settings: Settings) -> TrainableMethod | TrainableSegmenter:
    """Return what the settings are for, unbuilt."""
    return make_method(settings) if settings.kind == METHOD_KIND.name else make_segmenter(settings)


def load_for_inference(trainable: Trainable, weights: Path, engine: Engine) -> torch.device:
    """Build a trainable and load its weights for inference; return the device it is on."""
    device = configure_torch(resolve(engine, choose_device(engine)))
    trainable.device = device
    trainable.inference_only = True
    torch.manual_seed(trainable.seed)
    trainable.build()
    verify_weights(weights)
    load_weights(weights, trainable)
    for network in trainable.networks.values():
        network.to(device)
    trainable.inference_mode()
    return device


def train_method(settings: Settings, manifest: Manifest, folder: Path, limits: TrainingLimits) -> None:
    """Train one run; writes ``weights.safetensors``, ``jobs/train.json`` and the log into ``folder``."""
    settings = _resolve_for_device(settings)
    method = make_method(settings)
    verify_splits(manifest, "trainA", "trainB")
    plan = BatchPlan.from_params(method.params)

    def load_images(split: str, what: str) -> list[np.ndarray]:
        return load_domain_images(manifest.image_paths(split), plan, what, settings.color)

    domains = {name: Domain(plan, load_images(SPLIT_BY_DOMAIN[name], f"{name}-quality")) for name in method.learns_from}
    batches = make_batches(plan, settings.seed, domains)
    _run_training(method, batches, settings, manifest, folder, limits)


def train_segmenter(
    settings: Settings, manifest: Manifest, folder: Path, limits: TrainingLimits, domain: str = "high"
) -> None:
    """Train the segmenter on labelled images of a domain, HQ or LQ, or take the checkpoint that is given instead.

    A share of the labelled images (its parameter ``held_out``) is kept back; the threshold that fits them best is noted
    in ``jobs/train.json``.
    """
    settings = _resolve_for_device(settings)
    segmenter = make_segmenter(settings)
    if settings.weights is not None:
        _import_segmenter_weights(segmenter, Path(settings.weights), settings, folder)
        return
    split = SPLIT_BY_DOMAIN[domain]
    verify_splits(manifest, split, f"{split}_labels")
    plan = BatchPlan.from_params(segmenter.params)
    images = manifest.image_paths(split)
    labels = manifest.find_companions(images, f"{split}_labels")
    pairs = [(image, label) for image, label in zip(images, labels, strict=True) if label is not None]
    if not pairs:
        raise UserError(
            f"The segmenter cannot be trained: no image of {split} has a label",
            where=str(manifest.folder / f"{split}_labels"),
            hint=f"add {split}_labels, or give trained weights: --config segmenter_weights=FILE",
        )
    learnt, held_out = split_held_out(pairs, segmenter.params["held_out"], settings.seed)
    learnt_domain = Domain(
        plan,
        load_domain_images([image for image, _ in learnt], plan, f"{domain}-quality", settings.color),
        load_domain_images([label for _, label in learnt], plan, "label"),
    )
    batches = DomainBatches(plan, settings.seed, learnt_domain)
    _run_training(
        segmenter, batches, settings, manifest, folder, limits,
        more=lambda: {
            "threshold": choose_threshold(segmenter, held_out, settings.color),
            **({} if domain == "high" else {"domain": domain}),
        },
    )  # fmt: skip


def _resolve_for_device(settings: Settings) -> Settings:
    """Return the settings with the engine that this device gets; it is what the result depends on."""
    device = choose_device(settings.engine)
    engine = resolve(settings.engine, device, settings.plugin)
    for text in slowdown_warnings(engine, device, settings.plugin):
        print(f"note: {text}", file=sys.stderr, flush=True)
    return replace(settings, engine=engine)


def _import_segmenter_weights(segmenter: TrainableSegmenter, weights: Path, settings: Settings, folder: Path) -> None:
    job = JobRecorder("train", settings.as_json())
    load_for_inference(segmenter, weights, settings.engine)
    save_weights(folder / WEIGHTS_FILE, segmenter)
    write_json(folder / TRAIN_RECORD, job.record(adopted=settings.weights, **hash_weights(folder)))


def _run_training(
    trainable: TrainableMethod | TrainableSegmenter,
    batches: Batches,
    settings: Settings,
    manifest: Manifest,
    folder: Path,
    limits: TrainingLimits,
    more: Callable[[], dict[str, Any]] = dict,
) -> None:
    job = JobRecorder("train", settings.as_json())
    marks = {
        "config": fingerprint(settings.rerun_params),
        "data": manifest.digest,
        "code": code_digest([settings.plugin.code_file, Path(__file__)]),
    }
    kept = limits.budget.kept_checkpoints
    if kept:  # a training that began without them has lost the first ones
        marks["checkpoints"] = str(kept)
    label, untrained = f"train {settings.label}", settings.variant == UNTRAINED_VARIANT
    training = Training(trainable, batches, settings.engine, limits.budget, folder, marks, label, untrained=untrained)

    def high() -> Iterator[Tensor]:
        return _iter_whole_images(manifest.image_paths("trainB"), settings.color, trainable.device)

    with time_budget(limits.minutes, "train", folder):
        facts = training.run(high)
    save_weights(folder / WEIGHTS_FILE, trainable)
    for place in training.kept.finish(trainable, high):
        write_json(place / TRAIN_RECORD, job.record(data=manifest.digest, fingerprint=marks, **hash_weights(place)))
    if kept:
        write_json(kept_steps_file(folder, kept), {"steps": training.kept.steps})
    facts |= {"inference_flops_384": count_inference_flops(trainable), **more()}
    facts |= hash_weights(folder)
    write_json(folder / TRAIN_RECORD, job.record(data=manifest.digest, fingerprint=marks, **facts))
    training.checkpoints.clear()


def count_inference_flops(trainable: TrainableMethod | TrainableSegmenter, side: int = 384) -> int:
    """Return the floating-point operations (2 per multiply-add) of one image of ``side`` x ``side``."""
    from torch.utils.flop_counter import FlopCounterMode

    function = trainable.translate if isinstance(trainable, TrainableMethod) else trainable.predict
    trainable.inference_mode()
    grown = side + -side % trainable.multiple
    image = torch.rand(1, trainable.channels, grown, grown, device=trainable.device)
    with torch.inference_mode(not trainable.learns_at_test), FlopCounterMode(display=False) as counter:
        avoid_compiler_import(type(counter.mode))
        function(image)
    return int(counter.get_total_flops())


def _iter_whole_images(paths: list[Path], color: ColorMode, device: torch.device) -> Iterator[Tensor]:
    for path in paths:
        planes = np.ascontiguousarray(to_planes(read_picture(path, color)))
        yield torch.from_numpy(planes)[None].to(device).float() / 255.0
