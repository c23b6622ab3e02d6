"""Checks values against a JSON Schema and reports every fault in plain words, with a suggestion."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema
from referencing import Registry

from ..errors import Faults
from .parameter_schemas import Schema, describe_allowed, format_value, list_parameters
from .suggestions import suggest_name

# Beyond it no number counts or measures anything here, and floats cannot hold every whole number.
MAX_ABSOLUTE_VALUE = 1e15

# How a shown value is cut.
MAX_SHOWN_VALUE_CHARS = 80

# Longer whole numbers are not shown digit by digit.
MAX_SHOWN_BITS = 128

# Rules of JSON Schema by what their messages say.
NUMBER_RULES = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most"}
COUNT_RULES = {"minItems": "at least", "maxItems": "at most"}
KIND_RULES = frozenset({"type", "enum", "anyOf", "oneOf"})


@dataclass(frozen=True)
class SchemaFault:
    """What is wrong with one value.

    Attributes:
        path: Its place, e.g. ``weights.cycle``; empty for the whole content.
        what: What is wrong.
        why: Why it matters, where it is not clear.
        hint: What would be right.
    """

    path: str
    what: str
    why: str = ""
    hint: str = ""


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
        if _join(error.absolute_path) not in paths:
            yield from _explain(error, noun)


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


def _join(path: Any) -> str:
    return ".".join(str(part) for part in path)


def _explain(error: jsonschema.ValidationError, noun: str) -> Iterator[SchemaFault]:
    """Yield the faults behind one error of jsonschema."""
    path = _join(error.absolute_path)
    if error.schema is False:
        yield SchemaFault(path, f"`{_last(path)}` has no place here", hint="remove it")
    elif error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        for key in error.instance:
            if str(key) not in error.schema.get("properties", {}):
                yield _unknown_key(str(key), path, error.schema, noun)
    else:
        yield SchemaFault(path, _message(error, _last(path)), hint=_hint(error))


def _last(path: str) -> str:
    return path.rpartition(".")[2] if not path.rpartition(".")[2].isdigit() else path


def _unknown_key(key: str, path: str, schema: Schema, noun: str) -> SchemaFault:
    inner = f"{path}.{key}" if path else key
    known = list(schema.get("properties", {}))
    hint = suggest_name(key, known)
    deeper = {deep.rpartition(".")[2]: deep for deep, _ in list_parameters(schema)} if known else {}
    below = suggest_name(key, deeper)
    if hint.startswith("known") and below.startswith("Did"):
        found = next(deep for last, deep in deeper.items() if repr(last) in below)
        hint = f"Did you mean {found!r}?"
    return SchemaFault(inner, f"Unknown {noun} {key!r}", hint=hint)


def _message(error: jsonschema.ValidationError, name: str) -> str:
    rule, limit, given = error.validator, error.validator_value, _show(error.instance)
    target = f"`{name}`" if name else "the content"
    if rule in NUMBER_RULES:
        return f"{target} must be {NUMBER_RULES[rule]} {limit}, got {given}"
    if rule in COUNT_RULES:
        return f"{target} must have {COUNT_RULES[rule]} {limit} values, got {len(error.instance)}"
    if rule in KIND_RULES:
        return f"{target} must be {_describe(error.schema)}, got {given}"
    if rule == "required":
        missing = [key for key in limit if key not in error.instance and repr(key) in error.message]
        return f"`{missing[0]}` is missing"
    others = {
        "uniqueItems": f"{target} has a value twice: {given}",
        "maxLength": f"{given} is longer than {limit} characters",
    }
    return others.get(rule, f"{given} is not allowed")


def _describe(schema: Schema) -> str:
    try:
        return describe_allowed(schema)
    except KeyError:  # a branch that only refers to another schema
        return str(schema.get("description", "another value"))


def _show(value: Any) -> str:
    text = format_value(value)
    return text if len(text) <= MAX_SHOWN_VALUE_CHARS else f"{text[:MAX_SHOWN_VALUE_CHARS]}..."


def _hint(error: jsonschema.ValidationError) -> str:
    described = str(error.schema.get("description", "")) if isinstance(error.schema, Mapping) else ""
    if not isinstance(error.instance, str):
        return described
    if error.validator in ("enum", "anyOf", "oneOf"):
        guess = suggest_name(error.instance.lower(), _list_choices(error.schema))
        return guess if guess.startswith("Did") else described
    if error.validator == "type" and "e" in error.instance.lower() and _looks_like_number(error.instance):
        return "YAML reads a power of ten as a number only with a dot: 1.0e-4"
    return described


def _list_choices(schema: Any) -> list[str]:
    branches = [schema, *schema.get("anyOf", []), *schema.get("oneOf", [])]
    return [str(choice) for branch in branches for choice in branch.get("enum", []) if choice is not None]


def _looks_like_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
