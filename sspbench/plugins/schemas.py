"""Loads the schemas of YAML files and of the config, and checks content against them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from ..checkout import ROOT
from ..errors import Faults
from .old_declarations import find_old_declarations
from .schema_words import Schema, SchemaFault, explain_error, join_path
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

# Beyond it no number counts or measures anything here, and floats cannot hold every whole number.
MAX_ABSOLUTE_VALUE = 1e15

# Longer whole numbers are not shown digit by digit.
MAX_SHOWN_BITS = 128


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


def _is_integer(_checker: jsonschema.TypeChecker, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_Validator: Any = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    # JSON Schema takes 1.0 for an integer; a seed or a count of 1.0 is a mistake
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def find_faults(
    content: Any, schema: Schema, registry: Registry[Any] | None = None, noun: str = "key"
) -> Iterator[SchemaFault]:
    """Yield everything that a schema refuses, at any depth.

    Args:
        content: The value.
        schema: Its schema.
        registry: The schemas that it refers to by ``$ref``.
        noun: What a key is called, e.g. ``parameter``.
    """
    unusable = list(_find_unusable(content))
    yield from unusable
    paths = {fault.path for fault in unusable}
    validator = _Validator(schema, registry=Registry() if registry is None else registry)
    for error in validator.iter_errors(content):
        if join_path(error.absolute_path) not in paths:
            yield from explain_error(error, noun)


def add_faults(found: Iterator[SchemaFault], where: str, faults: Faults, separator: str = ": ") -> None:
    """Add faults, each with its place below ``where``."""
    for fault in found:
        place = f"{where}{separator}{fault.path}" if fault.path else where
        faults.add(fault.what, where=place, why=fault.why, hint=fault.hint)


def _find_unusable(content: Any) -> Iterator[SchemaFault]:
    """Yield what YAML can write and nothing can use: keys that are not text, NaN, infinite and huge numbers."""
    parts: list[tuple[str, Any]] = [("", content)]
    while parts:
        path, value = parts.pop()
        if isinstance(value, Mapping):
            for key in [key for key in value if not isinstance(key, str)]:
                what, why = f"The key {key!r} is not text", f"YAML reads it as {_name_yaml_type(key)}"
                yield SchemaFault(path, what, why, f"put it into quotes: '{key}'")
            parts += [(f"{path}.{key}" if path else str(key), part) for key, part in value.items()]
        elif isinstance(value, list):
            parts += [(f"{path}.{number}" if path else str(number), part) for number, part in enumerate(value)]
        elif isinstance(value, float) and not math.isfinite(value):
            yield SchemaFault(path, f"{value} is not allowed", "it is not a finite number", "give a finite number")
        elif isinstance(value, int | float) and abs(value) > MAX_ABSOLUTE_VALUE:
            what = f"{_format_number(value)} is out of range"
            yield SchemaFault(path, what, hint=f"numbers reach from {-MAX_ABSOLUTE_VALUE:g} to {MAX_ABSOLUTE_VALUE:g}")


def _format_number(value: float) -> str:
    if isinstance(value, int) and value.bit_length() > MAX_SHOWN_BITS:
        return f"A whole number of {value.bit_length()} bits"
    return str(value)


def _name_yaml_type(value: Any) -> str:
    """Return what YAML takes a key for.

    >>> _name_yaml_type(True), _name_yaml_type(None), _name_yaml_type(5)
    ('true or false', 'nothing', 'int')
    """
    names = {bool: "true or false", type(None): "nothing"}
    return names.get(type(value), type(value).__name__)
