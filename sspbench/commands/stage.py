"""The frame's own commands: the stages of a run, and lists of what there is."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from ..config.plan import Plan
from ..config.runs import Run
from ..errors import UserError
from ..jobs.budget import time_budget
from ..jobs.collector import pause_collector
from ..jobs.folder_lock import lock_folder
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
    list_plugins,
    reference,
    reproduce_pictures,
)
from .config_options import add_config_options, plan_from_args

if TYPE_CHECKING:
    from ..images.manifest import Manifest


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
        list_plugins,
    ):
        module.register(commands)
    stage = commands.add_parser("stage", help="run one stage by hand, as the workflow does")
    stages = stage.add_subparsers(title="stages", metavar="STAGE", required=True)
    for name, (function, needs_run, text) in STAGE_COMMANDS.items():
        parser = stages.add_parser(name, help=text)
        if needs_run:
            parser.add_argument("method", help="method, method+variant or method+reading")
        if needs_run or function in (_train_segmenter, _train_low_segmenter):
            parser.add_argument(
                "--seed", type=_parse_seed, default=0, help="the replicate: everything in it is trained from it"
            )
        add_config_options(parser)
        parser.set_defaults(run=_stage_command(name, function, needs_run))


def _parse_seed(text: str) -> int:
    """Return a seed from its text, as the config allows it."""
    if not text.isascii() or not text.isdecimal() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def _stage_command(name: str, function: Callable[..., None], needs_run: bool) -> Callable[[argparse.Namespace], int]:
    def command(args: argparse.Namespace) -> int:
        with pause_collector():
            plan = plan_from_args(args)
        if needs_run:
            run = plan.get_run(args.method, args.seed)
            folder = plan.layout.run_folder(run.id, run.seed)
            aside = ASIDE_FOLDERS.get(function)
            with (
                lock_folder(folder / aside if aside else folder),
                nullcontext() if aside else record_status(name, folder),
            ):
                function(plan, run)
            return 0
        seed = {"seed": args.seed} if "seed" in args else {}
        domain = "low" if function is _train_low_segmenter else "high"
        training = plan.layout.segmenter_folder(plan.segmenter.name, args.seed, domain) if seed else plan.layout.data
        with lock_folder(training):
            function(plan, **seed)
        return 0

    return command


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


def _training_limits(plan: Plan, resources: dict[str, Any], kept_checkpoints: int = 0) -> Any:
    from ..stages.train import TrainingLimits
    from ..training.loop.training import TrainingBudget

    budget = TrainingBudget(
        checkpoint_minutes=plan.config["checkpoint_minutes"],
        checkpoint_steps=plan.config["checkpoint_steps"],
        memory_mb=resources.get("mem_mb"),
        kept_checkpoints=kept_checkpoints,
    )
    return TrainingLimits(minutes=resources.get("minutes", TrainingLimits.minutes), budget=budget)


def _train(plan: Plan, run: Run) -> None:
    from ..jobs.gpu_slots import acquire

    if not run.is_learned:
        raise UserError(
            f"{run.id} is not a learned method: there is nothing to train",
            where=str(run.plugin.yaml_file),
            hint=f"go on with: python -m sspbench stage enhance {run.id}",
        )
    with acquire(device=plan.engine.device) as device:
        with pause_collector():
            from ..stages.train import train_method

        _print_device(device, plan.engine.device)
        limits = _training_limits(plan, run.plugin.meta.get("resources", {}), plan.config["checkpoints"])
        folder = plan.layout.run_folder(run.id, run.seed)
        train_method(plan.train_settings(run), _read_manifest(plan), folder, limits)


def _train_segmenter(plan: Plan, seed: int, domain: str = "high") -> None:
    from ..jobs.gpu_slots import acquire

    with acquire(device=plan.engine.device) as device:
        with pause_collector():
            from ..stages.train import train_segmenter

        _print_device(device, plan.engine.device)
        limits = _training_limits(plan, plan.segmenter.meta.get("resources", {}))
        folder = plan.layout.segmenter_folder(plan.segmenter.name, seed, domain)
        train_segmenter(plan.segmenter_settings(seed), _read_manifest(plan), folder, limits, domain)


_train_low_segmenter = partial(_train_segmenter, domain="low")


def _print_device(device: str, wanted: str) -> None:
    found_none = device == "cpu" and wanted != "cpu"
    print("no GPU was found or given: computing on the CPU" if found_none else f"computing on {device}", flush=True)


def _enhance(plan: Plan, run: Run) -> None:
    from ..stages.enhance import enhance

    if run.is_external:
        hint = f"go on with: python -m sspbench stage take-in {run.id}"
        raise UserError(f"{run.id} was enhanced elsewhere", where=f"config: external.{run.id}", hint=hint)
    folder = plan.layout.run_folder(run.id, run.seed)
    weights = folder / "weights.safetensors" if run.is_learned else None
    minutes = min(run.plugin.meta.get("resources", {}).get("minutes", math.inf), plan.config["stage_minutes"])
    with time_budget(minutes, "enhance", folder):
        enhance(plan.train_settings(run), _read_manifest(plan), folder, weights)


def _import_external(plan: Plan, run: Run) -> None:
    from ..stages.import_external import import_external

    if not run.is_external:
        hint = f"go on with: python -m sspbench stage enhance {run.id}"
        raise UserError(
            f"{run.id} is enhanced by the suite, so it has no external images", where="config: external", hint=hint
        )
    folder = plan.layout.run_folder(run.id, run.seed)
    with time_budget(plan.config["stage_minutes"], "take-in", folder):
        import_external(plan.external_settings(run), run.plugin.folder, _read_manifest(plan), folder)


def _segment(plan: Plan, run: Run, domain: str = "high") -> None:
    with pause_collector():
        from ..jobs.image_folders import verify_splits
        from ..stages.segment import segment

    manifest = _read_manifest(plan)
    verify_splits(manifest, "testA_fov")
    weights = plan.layout.segmenter_folder(plan.segmenter.name, run.seed, domain) / "weights.safetensors"
    folder = plan.layout.run_folder(run.id, run.seed)
    into = folder if domain == "high" else folder / LOW_FOLDER
    with time_budget(plan.config["stage_minutes"], "segment", into):
        fields = manifest.companion_by_stem("testA", "testA_fov")
        segment(plan.segmenter_settings(run.seed), weights, folder, fields, into)


def _score_low(plan: Plan, run: Run) -> None:
    from ..stages.score import score_low

    _segment(plan, run, "low")
    folder = plan.layout.run_folder(run.id, run.seed)
    with time_budget(plan.config["stage_minutes"], "score-low", folder / LOW_FOLDER):
        score_low(plan.score_settings(), plan.describe_run(run), _read_manifest(plan), folder)


def _score(plan: Plan, run: Run) -> None:
    with pause_collector():
        from ..stages.score import score

    folder = plan.layout.run_folder(run.id, run.seed)
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


def _score_checkpoints(plan: Plan, run: Run) -> None:
    with pause_collector():
        from ..stages.score_checkpoints import score_checkpoints

    folder = plan.layout.run_folder(run.id, run.seed)
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


# Stages that are not part of the row: their failure is not the row's. Each writes into a folder within the run's.
ASIDE_FOLDERS: dict[Callable[..., None], str] = {_score_low: LOW_FOLDER, _score_checkpoints: KEPT_FOLDER}

STAGE_COMMANDS: dict[str, tuple[Callable[..., None], bool, str]] = {
    "prepare": (_prepare, False, "prepare the data set"),
    "train-segmenter": (_train_segmenter, False, "train the segmenter on HQ images with labels"),
    "train-low-segmenter": (_train_low_segmenter, False, "train the segmenter on LQ images with labels, as a control"),
    "train": (_train, True, "train a learned method"),
    "enhance": (_enhance, True, "enhance the test split"),
    "take-in": (_import_external, True, "import images that were enhanced outside the suite"),
    "segment": (_segment, True, "segment the enhanced images"),
    "score": (_score, True, "score images and masks"),
    "score-low": (_score_low, True, "segment and score with the segmenter trained on LQ images"),
    "score-checkpoints": (_score_checkpoints, True, "enhance, segment and score with each kept checkpoint"),
}
