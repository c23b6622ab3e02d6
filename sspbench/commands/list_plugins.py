"""``list``: prints all plugins, or with ``--params`` the parameters of one."""

from __future__ import annotations

import argparse

from ..config.overrides import variants_and_readings
from ..config.selection import METHOD_SETS
from ..errors import UserError
from ..plugins.discovery import find_plugins
from ..plugins.kinds import KINDS_BY_FOLDER
from ..plugins.metric_families import find_metric_files, load_options_schema
from ..plugins.row_groups import row_group
from ..plugins.schema_words import Schema, suggest_name
from ..plugins.schemas import PRESETS
from .reference import align_rows, list_parameter_rows

GROUP_TITLES = {"methods": "methods", "segmentation": "segmenters", "data": "data sets"}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``list``."""
    listing = commands.add_parser("list", help="list methods, data sets, segmenters, metrics and presets")
    listing.add_argument(
        "--params", metavar="NAME", help="the parameters of a method, segmenter, data set or metric family"
    )
    listing.set_defaults(run=_list)


def _list(args: argparse.Namespace) -> int:
    print("\n".join(_print_parameters(args.params) if args.params else _print_all()))
    return 0


def _print_all() -> list[str]:
    lines = []
    for group, title in GROUP_TITLES.items():
        lines.append(f"{title}:")
        for name, found in find_plugins(group).items():
            extra = list(variants_and_readings(found))
            more = f"  (+ {', '.join(extra)})" if extra else ""
            rows = f"{row_group(found.meta):<10}" if group == "methods" else ""
            lines.append(f"  {name:<18} {found.meta.get('kind', ''):<10} {rows}{found.label}{more}")
    lines.append("methods of a config: names, or " + ", ".join(METHOD_SETS))
    return [*lines, "metric families:", "  " + ", ".join(find_metric_files()), "presets:", "  " + ", ".join(PRESETS)]


def _print_parameters(name: str) -> list[str]:
    rows = list_parameter_rows(_find_schema(name))
    return align_rows(rows) if rows else [f"{name} has no parameters"]


def _find_schema(name: str) -> Schema:
    known = {key: found for group in KINDS_BY_FOLDER for key, found in find_plugins(group).items()}
    if name in known:
        return known[name].all_parameters
    families = find_metric_files()
    if name in families:
        return load_options_schema(name)
    hint = suggest_name(name, [*known, *families])
    raise UserError(f"Unknown method, segmenter, data set or metric family {name!r}", hint=hint)
