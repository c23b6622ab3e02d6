"""``export``: trained methods as ONNX models, or as one web page that works offline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..files import sha256, write_bytes, write_text
from .config_options import add_config_options, plan_from_args
from .named_methods import find_run_weights, load_run_settings

if TYPE_CHECKING:
    from ..config.plan import Plan

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
    _refuse_existing(args.output, args.force)
    _write_onnx(args.weights[0], args.output)
    return 0


def _refuse_existing(target: Path, force: bool) -> None:
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
    from .page_models import make_page_models, make_possible_page_models

    plan = plan_from_args(args)
    target = plan.layout.root / FILE_NAME if args.page == BESIDE_REPORT else args.page
    _refuse_existing(target, args.force)
    models = make_page_models(args.weights) if args.weights else make_possible_page_models(find_trained_runs(plan))
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
