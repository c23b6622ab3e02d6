"""``reference`` writes docs/reference.md, all config keys and parameters, from their schemas; ``list`` prints some."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..checkout import ROOT, display_path
from ..config.config_files import DEFAULT_CONFIG_FILE, read_config
from ..config.overrides import variants_and_readings
from ..config.selection import METHOD_SETS
from ..errors import UserError
from ..files import write_text
from ..plugins.discovery import find_plugins
from ..plugins.kinds import KINDS_BY_FOLDER
from ..plugins.metric_families import find_metric_files, load_options_schema
from ..plugins.row_groups import row_group
from ..plugins.schema_words import Schema, describe_allowed, is_section, list_parameters, suggest_name
from ..plugins.schemas import PRESETS, load_schema

REFERENCE_FILE = ROOT / "docs" / "reference.md"

GROUP_TITLES = {"methods": "methods", "segmentation": "segmenters", "data": "data sets"}

ReferenceRow = tuple[str, str, str, str]  # name, default, allowed values, description

COLUMN_TITLES: ReferenceRow = ("name", "default", "allowed", "description")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``reference`` and ``list``."""
    parser = commands.add_parser("reference", help="write docs/reference.md: all config keys and all parameters")
    parser.set_defaults(run=_reference)
    listing = commands.add_parser("list", help="list methods, data sets, segmenters, metrics and presets")
    listing.add_argument(
        "--params", metavar="NAME", help="the parameters of a method, segmenter, data set or metric family"
    )
    listing.set_defaults(run=_list)


def _reference(_args: argparse.Namespace) -> int:
    write_text(REFERENCE_FILE, render_reference())
    print(f"wrote {display_path(REFERENCE_FILE)}")
    return 0


def render_reference() -> str:
    """Return the page: the keys of the config, then the parameters of every method, segmenter, data set and metric."""
    parts = [
        "# Reference",
        "",
        "`python -m sspbench reference` writes this page; a test fails when it is out of date.",
        "For one plugin's table run `python -m sspbench list --params NAME`.",
        "",
        "## Keys of the config",
        "",
        "Override keys with `snakemake ... --config KEY=VALUE`, or with a file of keys and `--configfile`.",
        "",
        *_markdown_table(list_config_rows()),
    ]
    for group, kind in KINDS_BY_FOLDER.items():
        parts += ["", f"## Parameters of each {kind.name}", "", _override_sentence(kind.name)]
        for name, found in find_plugins(group).items():
            parts += ["", f"### `{name}`: {found.label}", "", *_parameter_table(found.all_parameters)]
    parts += ["", "## Options of each metric family", "", "Override them with `metrics: {FAMILY: {NAME: VALUE}}`."]
    for name in find_metric_files():
        parts += ["", f"### `{name}`", "", *_parameter_table(load_options_schema(name))]
    return "\n".join(parts) + "\n"


def _parameter_table(schema: Schema) -> list[str]:
    rows = list_parameter_rows(schema)
    return _markdown_table(rows) if rows else ["No parameters."]


def _override_sentence(kind: str) -> str:
    if kind == "dataset":
        return "Override them with `dataset_options: {NAME: VALUE}`."
    return "Override them with `params: {PLUGIN: {NAME: VALUE}}`; `a.b` means `a: {b: ...}`."


def list_config_rows() -> list[ReferenceRow]:
    """Return all keys of the config, nested ones by their paths."""
    return list(_config_rows(load_schema("config"), read_config(DEFAULT_CONFIG_FILE), ""))


def _config_rows(section: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str) -> Iterator[ReferenceRow]:
    for key, declared in section["properties"].items():
        one = load_schema(declared["$ref"]) if "$ref" in declared else declared
        if is_section(one):
            yield from _config_rows(one, defaults[key], f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _format_value(defaults[key]), describe_allowed(one), one.get("description", "")


def list_parameter_rows(schema: Schema) -> list[ReferenceRow]:
    """Return all parameters and sections of a plugin's schema by their paths."""
    return [
        (path, "" if is_section(one) else _format_value(one["default"]), describe_allowed(one), one["description"])
        for path, one in list_parameters(schema)
    ]


def _format_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _markdown_table(rows: list[ReferenceRow]) -> list[str]:
    lines = [COLUMN_TITLES, ("---",) * len(COLUMN_TITLES), *((f"`{row[0]}`", *row[1:]) for row in rows)]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


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
    return _align_rows(rows) if rows else [f"{name} has no parameters"]


def _find_schema(name: str) -> Schema:
    known = {key: found for group in KINDS_BY_FOLDER for key, found in find_plugins(group).items()}
    if name in known:
        return known[name].all_parameters
    families = find_metric_files()
    if name in families:
        return load_options_schema(name)
    hint = suggest_name(name, [*known, *families])
    raise UserError(f"Unknown method, segmenter, data set or metric family {name!r}", hint=hint)


def _align_rows(rows: list[ReferenceRow]) -> list[str]:
    """Return the rows as lines for a terminal, under their heads."""
    table = [COLUMN_TITLES, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(COLUMN_TITLES))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
