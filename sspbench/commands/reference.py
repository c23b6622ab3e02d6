"""``reference``: writes docs/reference.md, all config keys and all parameters, from the schemas that check them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..checkout import ROOT, display_path
from ..config.config_files import DEFAULT_CONFIG_FILE, read_config
from ..files import write_text
from ..plugins.discovery import find_plugins
from ..plugins.kinds import KINDS_BY_FOLDER
from ..plugins.metric_families import find_metric_files, load_options_schema
from ..plugins.schema_words import Schema, describe_allowed, is_section, list_parameters
from ..plugins.schemas import load_schema

REFERENCE_FILE = ROOT / "docs" / "reference.md"

ReferenceRow = tuple[str, str, str, str]  # name, default, allowed values, description

COLUMN_TITLES: ReferenceRow = ("name", "default", "allowed", "description")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``reference``."""
    parser = commands.add_parser("reference", help="write docs/reference.md: all config keys and all parameters")
    parser.set_defaults(run=_reference)


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


def align_rows(rows: list[ReferenceRow]) -> list[str]:
    """Return the rows as lines for a terminal, under their heads."""
    table = [COLUMN_TITLES, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(COLUMN_TITLES))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
