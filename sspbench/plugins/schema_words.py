"""A JSON Schema in words: its parameters, what it allows, what is wrong with a value, and what was probably meant."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema

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


# How a shown value is cut.
MAX_SHOWN_VALUE_CHARS = 80

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


def is_section(schema: Schema) -> bool:
    """Return whether a declaration holds further parameters."""
    return "properties" in schema


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


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return a hint for a misspelt name: the closest known name, else all known names.

    >>> suggest_name("structur", ["structure", "cycle"])
    "Did you mean 'structure'?"
    >>> suggest_name("colour", ["structure", "cycle"])
    'known: structure, cycle'
    """
    names = [str(one) for one in known]
    close = difflib.get_close_matches(str(name), names, 1)
    return f"Did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"


def join_path(path: Iterable[str | int]) -> str:
    """Return a place in nested content as text, e.g. ``weights.cycle``."""
    return ".".join(str(part) for part in path)


def explain_error(error: jsonschema.ValidationError, noun: str) -> Iterator[SchemaFault]:
    """Yield the faults behind one error of jsonschema.

    Args:
        error: What it found.
        noun: What a key is called, e.g. ``parameter``.
    """
    path = join_path(error.absolute_path)
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
