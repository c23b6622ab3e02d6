"""Commands for contributors: ``new-method``, ``check-method`` and the same for segmenters, metrics and data sets."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ..checkout import ROOT, display_path
from ..plugins.kinds import PLUGIN_KINDS


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``new-<kind>`` and ``check-<kind>``."""
    for kind, described in PLUGIN_KINDS.items():
        text = f"{described.text}: {described.path_for(Path(), 'NAME')}"
        new = commands.add_parser(f"new-{kind}", help=f"write a working start of {text}")
        new.add_argument("name", help="lower-case letters, digits, underscores")
        if kind == "method":
            new.add_argument("--kind", choices=("classical", "learned"), default="classical")
        new.set_defaults(run=_new_command(kind))
        check = commands.add_parser(f"check-{kind}", help=f"run the contract tests on {text}")
        check.add_argument("name", nargs="?", help="all if none is given")
        if kind in ("method", "segmenter"):
            text = "where a learned one computes; cuda and mps may differ in the last bit from run to run"
            check.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu", help=text)
        check.set_defaults(run=_check_command(kind), contained=True)


def _new_command(kind: str) -> Callable[[argparse.Namespace], int]:
    def command(args: argparse.Namespace) -> int:
        from .scaffold import write_new_plugin

        template = getattr(args, "kind", kind)
        for path in write_new_plugin(kind, args.name, template, ROOT):
            print(f"wrote {display_path(path)}")
        print(f"next: python -m sspbench check-{kind} {args.name}")
        return 0

    return command


def _check_command(kind: str) -> Callable[[argparse.Namespace], int]:
    def command(args: argparse.Namespace) -> int:
        from .plugin_check import CHECK_BY_KIND, plugin_names

        options = {"device": args.device} if hasattr(args, "device") else {}
        broken = 0
        for name in plugin_names(kind) if args.name is None else [args.name]:
            print(f"{kind} {name}:")
            inspection = CHECK_BY_KIND[kind](
                name, on_finding=lambda finding: print(f"  {finding}".replace("\n", "\n  "), flush=True), **options
            )
            broken += len(inspection.faults)
            print(f"  {len(inspection.findings)} rules, {len(inspection.faults)} broken")
        return 1 if broken else 0

    return command
