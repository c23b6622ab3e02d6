"""``list``: what there is to run, and with ``--params`` what can be set of one plugin."""

from __future__ import annotations

import argparse
import difflib

from ..errors import UserError
from ..plan.discovery import Plugin, metric_files, plugins
from ..plan.groups import group_of
from ..plan.kinds import YAML_KINDS
from ..plan.overrides import alternatives
from ..plan.schemas import PRESETS
from ..plan.selection import SETS
from .reference import align_rows, list_parameter_rows

GROUP_TITLES = {"methods": "methods", "segmentation": "segmenters", "data": "data sets"}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``list``."""
    listing = commands.add_parser("list", help="list methods, data sets, segmenters, metrics and presets")
    listing.add_argument("--params", metavar="NAME", help="the parameters of a method, segmenter or data set")
    listing.set_defaults(run=_list)


def _list(args: argparse.Namespace) -> int:
    print("\n".join(_print_parameters(args.params) if args.params else _print_all()))
    return 0


def _print_all() -> list[str]:
    lines = []
    for group, title in GROUP_TITLES.items():
        lines.append(f"{title}:")
        for name, found in plugins(group).items():
            extra = list(alternatives(found))
            more = f"  (+ {', '.join(extra)})" if extra else ""
            stands = f"{group_of(found.meta):<10}" if group == "methods" else ""
            lines.append(f"  {name:<18} {found.meta.get('kind', ''):<10} {stands}{found.label}{more}")
    lines.append("methods of a config: names, or " + ", ".join(SETS))
    return [*lines, "metric families:", "  " + ", ".join(metric_files()), "presets:", "  " + ", ".join(PRESETS)]


def _print_parameters(name: str) -> list[str]:
    rows = list_parameter_rows(_find_plugin(name))
    return align_rows(rows) if rows else [f"{name} has no parameters"]


def _find_plugin(name: str) -> Plugin:
    known = {key: found for group in YAML_KINDS for key, found in plugins(group).items()}
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        raise UserError(
            f"There is no method, segmenter or data set named {name!r}",
            hint=f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}",
        )
    return known[name]
