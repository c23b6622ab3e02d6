"""The frame's own commands: the stages of a run, and lists of what there is."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.plan import Plan
from ..config.runs import Run
from ..errors import UserError
from ..jobs.budget import time_budget
from ..jobs.collector import pause_collector
from ..jobs.folder_lock import lock_folder
from ..jobs.gpu_slots import acquire
from ..jobs.outcome import record_status
from ..jobs.scores_record import LOW_FOLDER
from ..jobs.weights_record import KEPT_FOLDER
from ..plugin_checks import commands as plugin_checks
from ..plugins.schemas import MAX_SEED
from . import (
    architecture,
    cite,
    doctor,
    download,
    enhance,
    export,
    import_weights,
    reference,
    reproduce_pictures,
)
from .config_options import add_config_options, plan_from_args

if TYPE_CHECKING:
    from ..images.manifest import Manifest
    from ..stages.train import TrainingLimits

STAGES = {
    "prepare": "prepare the data set",
    "train-segmenter": "train the segmenter on HQ images with labels",
    "train-low-segmenter": "train the segmenter on LQ images with labels, as a control",
    "train": "train a learned method",
    "enhance": "enhance the test split",
    "take-in": "import images that were enhanced outside the suite",
    "segment": "segment the enhanced images",
    "score": "score images and masks",
    "score-low": "segment and score with the segmenter trained on LQ images",
    "score-checkpoints": "enhance, segment and score with each kept checkpoint",
}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    for module in (
        plugin_checks,
        doctor,
        cite,
        download,
        enhance,
        export,
        import_weights,
        reproduce_pictures,
        architecture,
        reference,
    ):
        module.register(commands)
    stage = commands.add_parser("stage", help="run one stage by hand, as the workflow does")
    stages = stage.add_subparsers(title="stages", metavar="STAGE", required=True)
    for name, text in STAGES.items():
        parser = stages.add_parser(name, help=text)
        if name in RUN_STAGES:
            parser.add_argument("method", help="method, method+variant or method+reading")
        if name in RUN_STAGES or name in SEGMENTER_STAGES:
            parser.add_argument(
                "--seed", type=_parse_seed, default=0, help="the replicate: everything in it is trained from it"
            )
        add_config_options(parser)
        parser.set_defaults(run=partial(_run_stage, name))


def _parse_seed(text: str) -> int:
    """Return a seed from its text, as the config allows it."""
    if not text.isascii() or not text.isdecimal() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def _run_stage(name: str, args: argparse.Namespace) -> int:
    with pause_collector():
        plan = plan_from_args(args)
    if name in RUN_STAGES:
        run = plan.get_run(args.method, args.seed)
        folder = plan.layout.run_folder(run.id, run.seed)
        aside = ASIDE_FOLDERS.get(name)
        with (
            lock_folder(folder / aside if aside else folder),
            nullcontext() if aside else record_status(name, folder),
        ):
            RUN_STAGES[name](plan, run, folder)
    elif name in SEGMENTER_STAGES:
        domain = SEGMENTER_STAGES[name]
        folder = plan.layout.segmenter_folder(plan.segmenter.name, args.seed, domain)
        with lock_folder(folder):
            _train_segmenter(plan, args.seed, domain, folder)
    else:
        with lock_folder(plan.layout.data):
            _prepare(plan)
    return 0


def _read_manifest(plan: Plan) -> Manifest:
    from ..images.manifest import Manifest

    return Manifest.read(plan.layout.manifest)


def _prepare(plan: Plan) -> None:
    from ..stages.prepare import prepare

    with time_budget(plan.config["stage_minutes"], "prepare"):
        prepare(plan.prepare_settings(), plan.layout.data)
        plan.record_data_root()
    _reject_missing_labels(plan)


def _reject_missing_labels(plan: Plan) -> None:
    """Refuse images that no segmenter can be trained on, before anything else is trained.

    Raises:
        UserError: no HQ training image has a label, and no trained segmenter is given.
    """
    needs_labels = plan.is_segmented and plan.config["segmenter_weights"] is None
    if needs_labels and not _read_manifest(plan).image_paths("trainB_labels"):
        raise UserError(
            "No HQ training image has a label, so the segmenter cannot be trained",
            where=str(plan.layout.data / "trainB_labels"),
            hint="add labels, or give trained weights: --config segmenter_weights=FILE",
        )


def _training_limits(plan: Plan, resources: dict[str, Any], kept_checkpoints: int = 0) -> TrainingLimits:
    from ..stages.train import TrainingLimits
    from ..training.loop.training import TrainingBudget

    budget = TrainingBudget(
        checkpoint_minutes=plan.config["checkpoint_minutes"],
        checkpoint_steps=plan.config["checkpoint_steps"],
        memory_mb=resources.get("mem_mb"),
        kept_checkpoints=kept_checkpoints,
    )
    return TrainingLimits(minutes=resources.get("minutes", TrainingLimits.minutes), budget=budget)


@contextmanager
def _hold_device(wanted: str) -> Iterator[None]:
    """Hold a GPU where there is one; torch may be imported only inside."""
    with acquire(device=wanted) as device:
        found_none = device == "cpu" and wanted != "cpu"
        print("no GPU was found or given: computing on the CPU" if found_none else f"computing on {device}", flush=True)
        yield


def _train(plan: Plan, run: Run, folder: Path) -> None:
    if not run.is_learned:
        raise UserError(
            f"{run.id} is not a learned method: there is nothing to train",
            where=str(run.plugin.yaml_file),
            hint=f"go on with: python -m sspbench stage enhance {run.id}",
        )
    with _hold_device(plan.engine.device):
        with pause_collector():
            from ..stages.train import train_method

        limits = _training_limits(plan, run.plugin.meta.get("resources", {}), plan.config["checkpoints"])
        train_method(plan.train_settings(run), _read_manifest(plan), folder, limits)


def _train_segmenter(plan: Plan, seed: int, domain: str, folder: Path) -> None:
    with _hold_device(plan.engine.device):
        with pause_collector():
            from ..stages.train import train_segmenter

        limits = _training_limits(plan, plan.segmenter.meta.get("resources", {}))
        train_segmenter(plan.segmenter_settings(seed), _read_manifest(plan), folder, limits, domain)


def _enhance(plan: Plan, run: Run, folder: Path) -> None:
    from ..stages.enhance import enhance

    if run.is_external:
        hint = f"go on with: python -m sspbench stage take-in {run.id}"
        raise UserError(f"{run.id} was enhanced elsewhere", where=f"config: external.{run.id}", hint=hint)
    weights = folder / "weights.safetensors" if run.is_learned else None
    minutes = min(run.plugin.meta.get("resources", {}).get("minutes", math.inf), plan.config["stage_minutes"])
    with time_budget(minutes, "enhance", folder):
        enhance(plan.train_settings(run), _read_manifest(plan), folder, weights)


def _import_external(plan: Plan, run: Run, folder: Path) -> None:
    from ..stages.import_external import import_external

    if not run.is_external:
        hint = f"go on with: python -m sspbench stage enhance {run.id}"
        raise UserError(
            f"{run.id} is enhanced by the suite, so it has no external images", where="config: external", hint=hint
        )
    with time_budget(plan.config["stage_minutes"], "take-in", folder):
        import_external(plan.external_settings(run), run.plugin.folder, _read_manifest(plan), folder)


def _segment(plan: Plan, run: Run, folder: Path, domain: str = "high") -> None:
    with pause_collector():
        from ..jobs.image_folders import verify_splits
        from ..stages.segment import segment

    manifest = _read_manifest(plan)
    verify_splits(manifest, "testA_fov")
    weights = plan.layout.segmenter_folder(plan.segmenter.name, run.seed, domain) / "weights.safetensors"
    into = folder if domain == "high" else folder / LOW_FOLDER
    with time_budget(plan.config["stage_minutes"], "segment", into):
        fields = manifest.companion_by_stem("testA", "testA_fov")
        segment(plan.segmenter_settings(run.seed), weights, folder, fields, into)


def _score_low(plan: Plan, run: Run, folder: Path) -> None:
    from ..stages.score import score_low

    _segment(plan, run, folder, "low")
    with time_budget(plan.config["stage_minutes"], "score-low", folder / LOW_FOLDER):
        score_low(plan.score_settings(), plan.describe_run(run), _read_manifest(plan), folder)


def _score(plan: Plan, run: Run, folder: Path) -> None:
    with pause_collector():
        from ..stages.score import score

    with time_budget(plan.config["stage_minutes"], "score", folder):
        manifest = _read_manifest(plan)
        is_first_seed = run.seed == plan.config["seeds"][0]
        score(
            plan.score_settings(),
            plan.describe_run(run),
            manifest,
            folder,
            is_segmented=plan.is_segmented,
            with_definitions=is_first_seed,
        )


def _score_checkpoints(plan: Plan, run: Run, folder: Path) -> None:
    with pause_collector():
        from ..stages.score_checkpoints import score_checkpoints

    weights = plan.layout.segmenter_folder(plan.segmenter.name, run.seed) / "weights.safetensors"
    with time_budget(plan.config["stage_minutes"], "score-checkpoints", folder / KEPT_FOLDER):
        score_checkpoints(
            plan.train_settings(run),
            plan.score_settings(),
            plan.describe_run(run),
            _read_manifest(plan),
            folder,
            count=plan.config["checkpoints"],
            segmenter=(plan.segmenter_settings(run.seed), weights) if plan.is_segmented else None,
        )


# The domain of the images that a stage trains the segmenter on.
SEGMENTER_STAGES = {"train-segmenter": "high", "train-low-segmenter": "low"}

# The work of a run's stages, in the run's folder.
RUN_STAGES: dict[str, Callable[[Plan, Run, Path], None]] = {
    "train": _train,
    "enhance": _enhance,
    "take-in": _import_external,
    "segment": _segment,
    "score": _score,
    "score-low": _score_low,
    "score-checkpoints": _score_checkpoints,
}

# Stages that are not part of the row: their failure is not the row's. Each writes into a folder within the run's.
ASIDE_FOLDERS = {"score-low": LOW_FOLDER, "score-checkpoints": KEPT_FOLDER}
