"""``export``: trained methods as ONNX models, or as one web page that works offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..files import read_mapping, sha256, write_bytes, write_text
from ..images.enhancement_rules import ENHANCEMENT_RULES
from ..images.white_level import CAMERA_BITS
from ..jobs.outcome import JobError
from ..jobs.weights_record import TRAIN_RECORD
from .config_options import add_config_options, plan_from_args
from .named_methods import find_run_weights, limit_tile, load_run_settings

if TYPE_CHECKING:
    from ..config.plan import Plan
    from ..config.settings import Settings
    from ..offline_page.page import PageModel

MAX_PAGE_MODEL_BYTES = 25_000_000
SMALL_SCALE_PRESETS = ("demo", "smoke")

# What --page holds where no file is named: the page lies beside the report then.
BESIDE_REPORT = Path()


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``export``."""
    parser = commands.add_parser("export", help="export trained methods to ONNX, or as a web page that works offline")
    parser.add_argument(
        "--weights",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="run folders; a page holds all methods that the config trained if none is named",
    )
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--output", type=Path, metavar="FILE.onnx", help="write one run as ONNX, checked against torch")
    target.add_argument(
        "--page",
        type=Path,
        nargs="?",
        const=BESIDE_REPORT,
        metavar="FILE.html",
        help="write one page that enhances a visitor's pictures, offline; without FILE beside the config's report",
    )
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    add_config_options(parser)
    parser.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    if args.output is None:
        _export_page(args)
        return 0
    if len(args.weights) != 1:
        raise UserError(
            "An ONNX file holds one method", why=f"--weights names {len(args.weights)}", hint="give one run"
        )
    refuse_existing(args.output, args.force)
    _write_onnx(args.weights[0], args.output)
    return 0


def refuse_existing(target: Path, force: bool) -> None:
    """Refuse to overwrite a file unless the user forces it.

    Raises:
        UserError: the file is there.
    """
    if target.exists() and not force:
        raise UserError("The file already exists", where=str(target), hint="give another one, or --force")


def _write_onnx(run: Path, target: Path) -> None:
    from ..stages.enhance import load_method
    from .onnx_model import CHECKED_SIZES, make_onnx

    settings, weights = load_run_settings(run), find_run_weights(run)
    facts = {
        "method": settings.name,
        "variant": settings.variant or "",
        "range": "0..1",
        "color": settings.color,
        "weights_sha256": sha256(weights),
    }
    model = make_onnx(load_method(settings, weights), facts)
    write_bytes(target, model.content)
    print(
        f"{target}: onnxruntime differs from torch by at most {model.difference:.1e} (0 to 1) "
        f"at {len(CHECKED_SIZES)} sizes; it takes sides of {model.smallest_side} pixels or more"
    )


def _export_page(args: argparse.Namespace) -> None:
    from ..offline_page.page import FILE_NAME, render_page
    from ..offline_page.runtime import load_runtime

    plan = plan_from_args(args)
    target = plan.layout.root / FILE_NAME if args.page == BESIDE_REPORT else args.page
    refuse_existing(target, args.force)
    if args.weights:
        models = [make_page_model(run) for run in args.weights]
    else:
        models = _make_possible_page_models(find_trained_runs(plan))
    content = render_page(models, load_runtime())
    write_text(target, content)
    print(f"{target}: {len(models)} methods, {len(content.encode()) / 1e6:.1f} MB; open it in a browser")


def find_trained_runs(plan: Plan) -> list[Path]:
    """Return the run folders of a plan's trained methods, first seed, without ablations and untrained networks.

    The method whose ablations the plan holds comes first, which a page shows when it opens.

    Raises:
        UserError: none is trained.
    """
    studied, seed = plan.config["ablation"], plan.config["seeds"][0]
    ablations = plan.get_method(studied).meta["variants"] if studied else []
    rows = [run for run in plan.runs if run.is_learned and not run.is_untrained and run.variant not in ablations]
    rows.sort(key=lambda run: run.plugin.name != studied)
    folders = [plan.layout.run_folder(run.id, run.seed) for run in rows if run.seed == seed]
    trained = [folder for folder in folders if find_run_weights(folder).is_file()]
    if not trained:
        hint = "run the workflow first (make), or name runs: --weights RUN"
        raise UserError("No method of the config is trained", where=str(plan.layout.root), hint=hint)
    return trained


def _make_possible_page_models(runs: Sequence[Path]) -> list[PageModel]:
    """Return the models of those run folders that can be in a page; say on stderr which cannot, and why.

    Raises:
        UserError: none can.
    """
    models, faults = [], []
    for run in runs:
        try:
            models.append(make_page_model(run))
        except UserError as error:
            faults.append(error)
    if not models:
        raise faults[0]
    for fault in faults:
        print(f"left out: {fault}", file=sys.stderr)
    return models


def make_page_model(run: Path) -> PageModel:
    """Return the model of a run folder as the offline page holds it: checked ONNX, and what the page says about it.

    Raises:
        UserError: the folder holds no trained method, or its network cannot be exported or is too large for a page.
    """
    from ..offline_page.page import PageModel
    from ..stages.enhance import load_method
    from .onnx_model import make_onnx

    settings, weights = load_run_settings(run), find_run_weights(run)
    _refuse_large(weights.stat().st_size, run)
    digest = sha256(weights)
    try:
        model = make_onnx(load_method(settings, weights), {"method": settings.name, "weights_sha256": digest})
    except JobError as error:
        raise UserError(
            f"{_label(settings)} cannot be put into a page", where=str(run), why=str(error), hint="choose another run"
        ) from error
    _refuse_large(len(model.content), run)
    rules = replace(ENHANCEMENT_RULES, tile=limit_tile(settings, ENHANCEMENT_RULES.tile)).as_json()
    description = {
        **_training_facts(settings, weights.parent),
        "weights_sha256": digest,
        "smallest_side": model.smallest_side,
        "channels": settings.channels,
        "rules": {**rules, "camera_bits": CAMERA_BITS},
    }
    return PageModel(model.content, description)


def _refuse_large(size: int, run: Path) -> None:
    if size > MAX_PAGE_MODEL_BYTES:
        raise UserError(
            "The network is too large for a page",
            where=str(run),
            why=f"{size / 1e6:.1f} MB, allowed {MAX_PAGE_MODEL_BYTES / 1e6:.0f} MB",
            hint="give a run of a narrow network (preset demo), or use: python -m sspbench enhance --weights RUN",
        )


def _training_facts(settings: Settings, run: Path) -> dict[str, Any]:
    record = read_mapping(run / TRAIN_RECORD)
    data = _data_set(run)
    digest = str(record.get("data", ""))[:8]
    return {
        "name": _label(settings),
        "label": f"{_label(settings)} ({data or 'data set not recorded'}, {settings.preset}, seed {settings.seed})",
        "reference": settings.plugin.meta.get("reference", ""),
        "data": f"{data or 'not recorded'}, hash of its images {digest or 'not recorded'}",
        "preset": settings.preset,
        "seed": settings.seed,
        "steps": record.get("steps"),
        "commit": _commit(record),
        "small_scale": settings.preset in SMALL_SCALE_PRESETS,
    }


def _label(settings: Settings) -> str:
    meta = settings.plugin.meta
    name = str(meta.get("label", settings.name))
    if settings.variant is None:
        return name
    return str(meta.get("labels", {}).get(settings.variant, f"{name} {settings.variant}"))


def _data_set(run: Path) -> str:
    """Return the data set's name where the run lies in a results folder, else an empty text."""
    parents = run.resolve().parents
    in_results = len(parents) > 3 and parents[1].name == "runs"
    return parents[3].name if in_results else ""


def _commit(record: Mapping[str, Any]) -> str:
    commit = str(record.get("commit") or "not recorded")
    return f"{commit[:12]} with local changes" if record.get("dirty") else commit[:12]
