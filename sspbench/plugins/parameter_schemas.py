"""Parameters as JSON Schema: one object of all of them, and their defaults.

Plugins declare parameters in YAML (``params`` of a method or segmenter, ``options`` of a data set) as the
``properties`` of an object:

>>> rate = {"type": "number", "default": 1e-4, "exclusiveMinimum": 0, "description": "learning rate"}
>>> schema = build_object_schema({"lr": rate})
>>> default_values(schema)
{'lr': 0.0001}
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .schema_words import Schema, is_section


def build_object_schema(declared: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the schema of an object with the declared properties and no others, at any depth."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _close(one) for name, one in declared.items()},
    }


def _close(declared: Schema) -> dict[str, Any]:
    if not is_section(declared):
        return dict(declared)
    return {**declared, **build_object_schema(declared["properties"]), "type": declared.get("type", "object")}


def default_values(schema: Schema) -> dict[str, Any]:
    """Return the defaults of an object as plain nested values; each call returns fresh copies."""
    return {
        name: default_values(one) if is_section(one) else copy.deepcopy(one["default"])
        for name, one in schema["properties"].items()
    }


def replace_defaults(schema: Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same object with other defaults for the parameters that ``values`` names."""
    properties = dict(schema["properties"])
    for name, value in values.items():
        one = properties[name]
        properties[name] = replace_defaults(one, value) if is_section(one) else {**one, "default": value}
    return {**schema, "properties": properties}


def drop_parameter(schema: Schema, path: str) -> dict[str, Any]:
    """Return the object without one parameter, ``section.name`` or ``name``."""
    name, _, rest = path.partition(".")
    properties = dict(schema["properties"])
    dropped = properties.pop(name)
    if rest:
        properties = {**schema["properties"], name: drop_parameter(dropped, rest)}
    return {**schema, "properties": properties}


def merge_schemas(first: Schema, second: Schema) -> dict[str, Any]:
    """Return one object with the properties of both."""
    return {**first, "properties": {**first["properties"], **second["properties"]}}
