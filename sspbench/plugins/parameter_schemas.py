"""Parameters as JSON Schema: their defaults, paths and allowed values.

Plugins declare parameters in YAML (``params`` of a method or segmenter, ``options`` of a data set) as the
``properties`` of an object:

>>> rate = {"type": "number", "default": 1e-4, "exclusiveMinimum": 0, "description": "learning rate"}
>>> schema = build_object_schema({"lr": rate})
>>> default_values(schema)
{'lr': 0.0001}
>>> describe_allowed(schema["properties"]["lr"])
'a number above 0'
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
"""A JSON Schema."""

TYPE_WORDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "object": "a section",
    "array": "a list",
    "null": "null",
}

UNION_KEYS = ("anyOf", "oneOf")


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


def is_section(schema: Schema) -> bool:
    """Return whether a declaration holds further parameters."""
    return "properties" in schema


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


def list_parameters(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield all parameters and sections with their paths, each section before its parameters."""
    for name, one in schema["properties"].items():
        yield prefix + name, one
        if is_section(one):
            yield from list_parameters(one, f"{prefix}{name}.")


def describe_allowed(schema: Schema) -> str:
    """Return the allowed values in words.

    >>> describe_allowed({"type": ["integer", "null"], "minimum": 1})
    'a whole number of at least 1, or null'
    >>> share = {"type": "number", "minimum": 0, "maximum": 1}
    >>> describe_allowed({"type": "array", "items": share, "minItems": 2, "maxItems": 2})
    'a list of 2 values, each a number from 0 to 1'
    """
    for key in UNION_KEYS:
        if key in schema:
            return ", or ".join(describe_allowed(part) for part in schema[key])
    if "enum" in schema:
        return _describe_choices(schema["enum"])
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return ", or ".join(_describe_type(schema, one) for one in types)


def _describe_choices(choices: list[Any]) -> str:
    names = [format_value(choice, quoted=False) for choice in choices]
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"


def _describe_type(schema: Schema, name: str) -> str:
    words = TYPE_WORDS[name]
    if name == "object":
        return words if is_section(schema) else "a mapping"
    if name in ("integer", "number"):
        return words + _describe_range(schema)
    if name == "array":
        fixed = schema.get("minItems") if schema.get("minItems") == schema.get("maxItems") else None
        count = f" of {fixed} values" if fixed else ""
        each = f", each {describe_allowed(schema['items'])}" if "type" in schema.get("items", {}) else ""
        return words + count + each
    return words


def _describe_range(schema: Schema) -> str:
    low, high, above = (schema.get(key) for key in ("minimum", "maximum", "exclusiveMinimum"))
    if low is not None and high is not None:
        return f" from {low} to {high}"
    bounds = {"above": above, "of at least": low, "of at most": high}
    found = [f"{word} {bound}" for word, bound in bounds.items() if bound is not None]
    return f" {' and '.join(found)}" if found else ""


def format_value(value: Any, quoted: bool = True) -> str:
    """Return a value as YAML writes it.

    >>> format_value(None), format_value(True), format_value("own"), format_value([1, 2])
    ('null', 'true', "'own'", '[1, 2]')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) and not quoted else repr(value)
