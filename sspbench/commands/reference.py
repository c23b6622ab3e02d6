"""``reference``: writes docs/reference.md, every config key and every parameter, from the data that checks them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..checkout import ROOT, display_path
from ..config.plan import DEFAULT_CONFIG_FILE, read_config
from ..files import write_text
from ..plugins.discovery import Plugin, find_plugins
from ..plugins.kinds import KINDS_BY_FOLDER
from ..plugins.parameters import Parameter, ParameterSection
from ..plugins.schemas import load_schema

REFERENCE_FILE = ROOT / "docs" / "reference.md"

ReferenceRow = tuple[str, str, str, str]
"""Name, default, what is allowed, what it is."""

COLUMN_TITLES: ReferenceRow = ("name", "default", "allowed", "what it is")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``reference``."""
    parser = commands.add_parser("reference", help="write docs/reference.md: all config keys and all parameters")
    parser.set_defaults(run=_reference)


def _reference(_args: argparse.Namespace) -> int:
    write_text(REFERENCE_FILE, render_reference())
    print(f"wrote {display_path(REFERENCE_FILE)}")
    return 0


def render_reference() -> str:
    """Return the page: the keys of the config, then the parameters of every method, segmenter and data set."""
    parts = [
        "# Reference",
        "",
        "Written by `python -m sspbench reference`; a test fails where it is out of date. One plugin's table:",
        "`python -m sspbench list --params NAME`.",
        "",
        "## Keys of the config",
        "",
        "`snakemake ... --config KEY=VALUE`, or a file of keys with `--configfile`.",
        "",
        *_markdown_table(list_config_rows()),
    ]
    for group, kind in KINDS_BY_FOLDER.items():
        parts += ["", f"## Parameters of each {kind.name}", "", _override_sentence(kind.name)]
        for name, found in find_plugins(group).items():
            parts += ["", f"### `{name}`: {found.label}", ""]
            parts += _markdown_table(list_parameter_rows(found)) if found.all_parameters.fields else ["No parameters."]
    return "\n".join(parts) + "\n"


def _override_sentence(kind: str) -> str:
    if kind == "dataset":
        return "Overridden by `dataset_options: {NAME: VALUE}`."
    return "Overridden by `params: {PLUGIN: {NAME: VALUE}}`; `a.b` stands for `a: {b: ...}`."


def list_config_rows() -> list[ReferenceRow]:
    """Return all keys of the config, nested ones by their paths."""
    return list(_config_rows(load_schema("config"), read_config(DEFAULT_CONFIG_FILE), ""))


def _config_rows(section: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str) -> Iterator[ReferenceRow]:
    for key, declared in section["properties"].items():
        one = load_schema(declared["$ref"]) if "$ref" in declared else declared
        if "properties" in one:
            yield from _config_rows(one, defaults[key], f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _format_value(defaults[key]), _allowed_text(one), one.get("description", "")


def _allowed_text(declared: Mapping[str, Any]) -> str:
    if "oneOf" in declared:
        return ", or ".join(_allowed_text(part) for part in declared["oneOf"])
    if "enum" in declared:
        return ", ".join(map(str, declared["enum"]))
    kinds = declared["type"] if isinstance(declared["type"], list) else [declared["type"]]
    words = {"array": "list", "object": "mapping", "string": "text", "boolean": "true, false"}
    bounds = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most"}
    limits = [f"{word} {declared[bound]}" for bound, word in bounds.items() if bound in declared]
    return " ".join([" or ".join(words.get(kind, str(kind)) for kind in kinds), " and ".join(limits)]).rstrip()


def list_parameter_rows(plugin: Plugin) -> list[ReferenceRow]:
    """Return all parameters and sections of a plugin by their paths."""
    return [_parameter_row(path, one) for path, one in plugin.all_parameters.walk()]


def _parameter_row(path: str, one: Parameter | ParameterSection) -> ReferenceRow:
    if isinstance(one, ParameterSection):
        return path, "", "a section, or null" if one.nullable else "a section", one.text
    return path, _format_value(one.default), one.allowed_text, one.text


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
