"""``export``: trained methods as ONNX models, or as one web page that works offline."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..files import sha256, write_bytes, write_text
from .named_methods import find_run_weights, load_run_settings


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``export``."""
    parser = commands.add_parser("export", help="export trained methods to ONNX, or as a web page that works offline")
    parser.add_argument("--weights", type=Path, required=True, nargs="+", metavar="RUN", help="run folders")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--output", type=Path, metavar="FILE.onnx", help="write one run as ONNX, checked against torch")
    target.add_argument(
        "--page", type=Path, metavar="FILE.html", help="write one page that enhances a visitor's pictures, offline"
    )
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    target: Path = args.output or args.page
    if target.exists() and not args.force:
        raise UserError("The file already exists", where=str(target), hint="give another one, or --force")
    if args.page:
        _write_page(args.weights, target)
        return 0
    if len(args.weights) > 1:
        raise UserError(
            "An ONNX file holds one method", why=f"--weights names {len(args.weights)}", hint="give one run"
        )
    _write_onnx(args.weights[0], target)
    return 0


def _write_onnx(run: Path, target: Path) -> None:
    from ..stages.enhance import load_method
    from .onnx_model import CHECKED_SIZES, make_onnx

    settings, weights = load_run_settings(run), find_run_weights(run)
    facts = {
        "method": settings.name,
        "variant": settings.variant or "",
        "range": "0..1",
        "weights_sha256": sha256(weights),
    }
    model = make_onnx(load_method(settings, weights), facts)
    write_bytes(target, model.content)
    print(
        f"{target}: onnxruntime differs from torch by at most {model.difference:.1e} (0 to 1) "
        f"at {len(CHECKED_SIZES)} sizes; it takes sides of {model.smallest_side} pixels or more"
    )


def _write_page(runs: Sequence[Path], target: Path) -> None:
    from ..offline_page.page import render_page
    from ..offline_page.runtime import load_runtime
    from .page_models import page_models

    models = page_models(runs)
    content = render_page(models, load_runtime())
    write_text(target, content)
    print(f"{target}: {len(models)} methods, {len(content.encode()) / 1e6:.1f} MB; open it in a browser")
