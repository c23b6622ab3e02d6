"""Bring the weights of a public implementation into a run folder of this suite."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.plan import settings_without_plan
from ..contract import CHANNELS, ColorMode
from ..errors import UserError
from ..files import fingerprint, sha256, write_json
from ..jobs.provenance import JobRecorder
from ..jobs.weights_record import TRAIN_RECORD, WEIGHTS_FILE, hash_weights
from ..plugins.discovery import get_trained_plugin
from .export import refuse_existing

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..training.trainable import Trainable


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``import-weights``."""
    parser = commands.add_parser(
        "import-weights",
        help="turn a public checkpoint of a method or segmenter into a run folder",
        description="Loads an official state_dict by position (no code in the file is run) and writes "
        "OUTPUT/weights.safetensors; then: python -m sspbench enhance --weights OUTPUT --input DIR --output DIR, or, "
        "for a segmenter, segmenter_weights: OUTPUT/weights.safetensors in the config.",
    )
    parser.add_argument("name", metavar="METHOD", help="method, method+reading or segmenter")
    parser.add_argument("file", metavar="FILE", type=Path, help=".pth, .pt or .safetensors")
    parser.add_argument("--output", type=Path, help="the run folder to write (default: results/imported/METHOD)")
    parser.add_argument("--preset", default="official", help="whose parameters the network has (default: official)")
    parser.add_argument("--color", choices=sorted(CHANNELS), default="grey", help="images it is for (default: grey)")
    parser.add_argument("--high", type=Path, help="folder of HQ images, for methods that measure a style on them")
    parser.add_argument("--force", action="store_true", help="overwrite the weights of an existing run folder")
    parser.set_defaults(run=_import_weights)


def _import_weights(args: argparse.Namespace) -> int:
    output = args.output or Path("results") / "imported" / args.name
    refuse_existing(output / WEIGHTS_FILE, args.force)
    weights = import_weights(args.name, args.file, output, preset=args.preset, color=args.color, high=args.high)
    print(f"wrote {weights}")
    return 0


def import_weights(
    name: str,
    file: Path,
    output: Path,
    *,
    preset: str = "official",
    color: ColorMode = "grey",
    high: Path | None = None,
) -> Path:
    """Load an official checkpoint into a method's or segmenter's network and write it as a run; return its weights.

    Args:
        name: Method, method+variant or reading, or segmenter.
        file: The official checkpoint of the network that enhances (or segments).
        output: Run folder: gets ``weights.safetensors`` and ``jobs/train.json``.
        preset: Whose parameters give the network's width and depth.
        color: The images that the network is for; it gives the channels.
        high: HQ images for what is measured once after training (MSG-Net's style).

    Raises:
        UserError: the file does not fit; the tensor, expected and found shape are named.
    """
    from ..stages.train import make_trainable
    from ..training.loop.checkpoints import save_weights
    from ..training.networks.official_weights import load_official_weights, read_state_dict
    from ..training.trainable import Trainable

    plain, _, variant = name.partition("+")
    settings = settings_without_plan(get_trained_plugin(plain), preset, variant or None).for_inference
    settings = replace(settings, color=color)
    job = JobRecorder("train", settings.as_json())
    trainable = make_trainable(settings)
    trainable.inference_only = True
    trainable.build()
    if high is None and type(trainable).finish is not Trainable.finish:
        raise UserError(f"{name} measures the style of HQ images after training", hint="give their folder: --high DIR")
    load_official_weights(_find_official_network(trainable, name), read_state_dict(file), where=str(file))
    if high is not None:
        trainable.finish(_iter_whole_images(high, color))
    weights = output / WEIGHTS_FILE
    save_weights(weights, trainable)
    facts = {
        "imported": file.name,
        "sha256": sha256(file),
        "fingerprint": {"config": fingerprint(settings.rerun_params)},
        **hash_weights(output),
    }
    write_json(output / TRAIN_RECORD, job.record(**facts))
    return weights


def _find_official_network(trainable: Trainable, name: str) -> nn.Module:
    """Return the network whose official order is known among those that inference needs."""
    found = [trainable.networks[kept] for kept in trainable.kept_networks]
    found = [network for network in found if hasattr(network, "official_tensors")]
    if len(found) != 1:
        raise UserError(
            f"{name} has no public weights to import",
            where=f"plugin {name}",
            why=f"{len(found)} of its networks define official_tensors()",
            hint="train it: no public checkpoint of it is known to this suite",
        )
    return found[0]


def _iter_whole_images(folder: Path, color: ColorMode) -> Iterator[Tensor]:
    import torch

    from ..images.pictures import list_images, read_picture, to_float, to_planes

    for path in list_images(folder):
        yield torch.from_numpy(to_planes(to_float(read_picture(path, color))).copy())[None]
