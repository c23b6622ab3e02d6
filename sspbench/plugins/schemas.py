"""The schemas of what people write (YAML, the config): what each refuses is told with a guess of what was meant."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from ..checkout import ROOT
from ..errors import Faults
from .source_files import read_yaml

SCHEMA_DIR = ROOT / "sspbench" / "schemas"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return ``sspbench/schemas/<name>.schema.yaml``."""
    content: dict[str, Any] = read_yaml(SCHEMA_DIR / f"{name}.schema.yaml")
    return content


@cache
def _schema_registry() -> Registry[Any]:
    """Return what lets one schema refer to another by its name: ``$ref: presets``; read through once, not per check."""
    names = [path.name.removesuffix(".schema.yaml") for path in SCHEMA_DIR.glob("*.schema.yaml")]
    known = [(name, Resource.from_contents(load_schema(name), default_specification=DRAFT202012)) for name in names]
    empty: Registry[Any] = Registry()
    return empty.with_resources(known).crawl()


PRESETS: tuple[str, ...] = tuple(load_schema("presets")["enum"])
"""The names of the presets."""

REQUIRED_PRESETS = ("paper", "demo", "smoke")
"""Presets that every plugin with parameters must have."""

FALLBACK_PRESET = {"official": "paper"}
"""A plugin without this preset is run with that one."""


MAX_SEED: int = load_schema("config")["$defs"]["seed"]["maximum"]
"""The largest seed: what every library takes."""


def add_key_faults(content: Any, schema_name: str, keys: Sequence[str], faults: Faults, where: str) -> None:
    """Add a fault for everything that a mapping of some keys of a schema, all of them needed, has wrong."""
    properties = {key: load_schema(schema_name)["properties"][key] for key in keys}
    part = {"type": "object", "additionalProperties": False, "required": list(keys), "properties": properties}
    _add_faults_by(content, part, faults, where)


def add_schema_faults(content: Any, schema_name: str, faults: Faults, where: str) -> None:
    """Add a fault for everything in ``content`` that the schema refuses, with a guess of what was meant."""
    _add_faults_by(content, load_schema(schema_name), faults, where)


def _add_faults_by(content: Any, wanted: Mapping[str, Any], faults: Faults, where: str) -> None:
    _add_unwritable(content, where, faults)
    validator = jsonschema.Draft202012Validator(wanted, registry=_schema_registry())
    for error in validator.iter_errors(content):
        key = ".".join(str(part) for part in error.absolute_path)
        faults.add(_error_message(error), where=f"{where}{': ' + key if key else ''}", hint=_error_hint(error))


def _add_unwritable(content: Any, where: str, faults: Faults) -> None:
    """Add a fault for what YAML can say and no record can hold: keys that are no text, NaN and infinite numbers."""
    parts: list[tuple[str, Any]] = [("", content)]
    while parts:
        path, value = parts.pop()
        at = f"{where}: {path}" if path else where
        if isinstance(value, float) and not math.isfinite(value):
            faults.add(f"{value} is not allowed", where=at, why="it is no finite number", hint="give one")
        elif isinstance(value, Mapping):
            for key in [key for key in value if not isinstance(key, str)]:
                hint = f"put it into quotes: '{key}'"
                faults.add(
                    f"The key {key!r} is no text", where=at, why=f"YAML reads it as {_yaml_type(key)}", hint=hint
                )
            parts += [(f"{path}.{key}" if path else str(key), part) for key, part in value.items()]
        elif isinstance(value, list):
            parts += [(f"{path}.{number}", part) for number, part in enumerate(value)]


def _yaml_type(value: Any) -> str:
    """Return what YAML takes a key for.

    >>> _yaml_type(True), _yaml_type(None), _yaml_type(5)
    ('true or false', 'nothing', 'int')
    """
    names = {bool: "true or false", type(None): "nothing"}
    return names.get(type(value), type(value).__name__)


def _error_message(error: jsonschema.ValidationError) -> str:
    if error.validator == "oneOf":
        return f"{error.instance!r} is not {error.schema.get('description', 'valid')}"
    if error.validator == "not":
        return f"{error.instance!r} is not allowed"
    return str(error.message) if error.schema is not False else "the key has no place here"


def _error_hint(error: jsonschema.ValidationError) -> str:
    if error.schema is False:
        return "remove it"
    described = str(error.schema.get("description", "")) if isinstance(error.schema, dict) else ""
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {}))
        wrong = [key for key in error.instance if key not in known]
        guesses = {key: difflib.get_close_matches(str(key), known, 1) for key in wrong}
        found = [f"did you mean {guess[0]!r}?" for guess in guesses.values() if guess]
        return " ".join(found) or f"known keys: {', '.join(known)}"
    if error.validator == "enum" and isinstance(error.instance, str):
        close = difflib.get_close_matches(error.instance, map(str, error.validator_value), 1)
        return " ".join([f"did you mean {guess!r}?" for guess in close] + [described]).strip()
    if error.validator == "required":
        return described or "add the key"
    return described
