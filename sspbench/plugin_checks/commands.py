"""Commands for contributors: ``new-method``, ``check-method`` and the same for segmenters, metrics and data sets."""

from __future__ import annotations

import argparse
import keyword
import re
from functools import partial
from pathlib import Path
from string import Template

from ..checkout import ROOT, display_path
from ..errors import UserError
from ..files import write_text
from ..plugins.kinds import PLUGIN_KINDS
from .findings import Finding

TEMPLATE_DIR = Path(__file__).parent / "templates"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``new-<kind>`` and ``check-<kind>``."""
    for kind, described in PLUGIN_KINDS.items():
        text = f"{described.text}: {described.path_for(Path(), 'NAME')}"
        new = commands.add_parser(f"new-{kind}", help=f"write a working start of {text}")
        new.add_argument("name", help="lower-case letters, digits, underscores")
        if kind == "method":
            new.add_argument("--kind", choices=("classical", "learned"), default="classical")
        new.set_defaults(run=partial(_new_command, kind))
        check = commands.add_parser(f"check-{kind}", help=f"run the contract tests on {text}")
        check.add_argument("name", nargs="?", help="all if none is given")
        if kind in ("method", "segmenter"):
            text = "where a learned one computes; cuda and mps may differ in the last bit from run to run"
            check.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu", help=text)
        check.set_defaults(run=partial(_check_command, kind), contained=True)


def _new_command(kind: str, args: argparse.Namespace) -> int:
    template = getattr(args, "kind", kind)
    for path in write_new_plugin(kind, args.name, template, ROOT):
        print(f"wrote {display_path(path)}")
    print(f"next: python -m sspbench check-{kind} {args.name}")
    return 0


def write_new_plugin(kind: str, name: str, template: str, root: Path) -> list[Path]:
    """Write the files of a new plugin; return their paths.

    Args:
        kind: ``method``, ``segmenter``, ``metric`` or ``dataset``.
        name: Its name: a folder, or for a metric a file.
        template: ``classical``, ``learned``, or the kind itself.
        root: The checkout.

    Raises:
        UserError: the name cannot be imported or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UserError(
            f"{name!r} is not a usable name",
            hint="lower-case letters, digits and underscores, a letter first, e.g. retinex_2",
        )
    target = PLUGIN_KINDS[kind].path_for(root, name)
    if target.exists():
        raise UserError("There is one of that name already", where=display_path(target), hint="choose another name")
    title = name.replace("_", " ").capitalize()
    words = {"name": name, "title": title, "class_name": "".join(part.capitalize() for part in name.split("_"))}
    written = []
    for source in sorted((TEMPLATE_DIR / template).glob("*.template")):
        file = source.name.removesuffix(".template")
        path = target / file if PLUGIN_KINDS[kind].yaml else target
        write_text(path, Template(source.read_text()).substitute(words))
        written.append(path)
    return written


def _print_finding(finding: Finding) -> None:
    print(f"  {finding}".replace("\n", "\n  "), flush=True)


def _check_command(kind: str, args: argparse.Namespace) -> int:
    from .plugin_check import check_plugin, plugin_names

    options = {"device": args.device} if "device" in args else {}
    broken = 0
    for name in plugin_names(kind) if args.name is None else [args.name]:
        print(f"{kind} {name}:")
        inspection = check_plugin(kind, name, on_finding=_print_finding, **options)
        broken += len(inspection.faults)
        print(f"  {len(inspection.findings)} rules, {len(inspection.faults)} broken")
    return 1 if broken else 0
