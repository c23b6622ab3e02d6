"""Loads the schemas of YAML files and of the config, and checks content against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from ..checkout import ROOT
from ..errors import Faults
from .old_declarations import find_old_declarations
from .schema_faults import add_faults, find_faults
from .source_files import read_yaml

SCHEMA_DIR = ROOT / "sspbench" / "schemas"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return ``sspbench/schemas/<name>.schema.yaml``."""
    content: dict[str, Any] = read_yaml(SCHEMA_DIR / f"{name}.schema.yaml")
    return content


@cache
def _schema_registry() -> Registry[Any]:
    """Return the registry with which one schema refers to another by its name: ``$ref: presets``."""
    names = [path.name.removesuffix(".schema.yaml") for path in SCHEMA_DIR.glob("*.schema.yaml")]
    known = [(name, Resource.from_contents(load_schema(name), default_specification=DRAFT202012)) for name in names]
    empty: Registry[Any] = Registry()
    return empty.with_resources(known).crawl()


# The names of the presets.
PRESETS: tuple[str, ...] = tuple(load_schema("presets")["enum"])

# Presets that every plugin with parameters must have.
REQUIRED_PRESETS = ("paper", "demo", "smoke")

# A plugin without the first preset is run with the second.
FALLBACK_PRESET = {"official": "paper"}

# The largest seed that every library takes.
MAX_SEED: int = load_schema("config")["$defs"]["seed"]["maximum"]


def add_key_faults(content: Any, schema_name: str, keys: Sequence[str], faults: Faults, where: str) -> None:
    """Add a fault for everything wrong in a mapping that must hold exactly some keys of a schema."""
    properties = {key: load_schema(schema_name)["properties"][key] for key in keys}
    part = {"type": "object", "additionalProperties": False, "required": list(keys), "properties": properties}
    _add_faults_by(content, part, faults, where)


def add_schema_faults(content: Any, schema_name: str, faults: Faults, where: str) -> None:
    """Add a fault for everything in ``content`` that the schema refuses, with a suggestion."""
    _add_faults_by(content, load_schema(schema_name), faults, where)


def add_declaration_faults(declared: Any, faults: Faults, where: str) -> None:
    """Add a fault for every declaration that the schema refuses; for the form before version 1.0 its new form."""
    old = list(find_old_declarations(declared))
    found = find_faults(declared, load_schema("parameters"), _schema_registry())
    add_faults(iter(old or found), where, faults, separator=".")


def _add_faults_by(content: Any, wanted: Mapping[str, Any], faults: Faults, where: str) -> None:
    found = find_faults(content, wanted, _schema_registry())
    add_faults(found, where, faults)
