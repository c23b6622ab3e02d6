"""Recognises parameters declared in the form before version 1.0, and shows how to write them now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from .schema_words import SchemaFault

OLD_KEYS = frozenset({"text", "min", "max", "above", "choices", "fields", "length", "or"})

# The types before version 1.0, and those of JSON Schema.
NEW_TYPES = {"bool": "boolean", "int": "integer", "float": "number", "text": "string"}

NEW_BOUNDS = {"choices": "enum", "min": "minimum", "above": "exclusiveMinimum", "max": "maximum"}

LIST_PREFIX = "list of "


def find_old_declarations(declared: Any) -> Iterator[SchemaFault]:
    """Yield a fault for every parameter in the old form; each hint is its declaration in the new form."""
    if not isinstance(declared, Mapping):
        return
    for name, one in declared.items():
        if isinstance(one, Mapping) and not OLD_KEYS.isdisjoint(one):
            what = f"{name!r} is declared in the form before version 1.0"
            hint = f"write {name}: {_format(_convert(one))}"
            yield SchemaFault(str(name), what, "parameters are declared by JSON Schema since version 1.0", hint)


def _format(declared: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(declared, default_flow_style=True, sort_keys=False, width=10_000)).strip()


def _convert(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return a declaration in the new form.

    >>> _convert({"default": 1.0, "type": "float", "above": 0, "text": "width"})
    {'type': 'number', 'default': 1.0, 'exclusiveMinimum': 0, 'description': 'width'}
    """
    text = old.get("text", "...")
    if "fields" in old:
        parts = old["fields"] if isinstance(old["fields"], Mapping) else {}
        inner = {name: _convert(one) for name, one in parts.items() if isinstance(one, Mapping)}
        return {"type": _allow_null("object", old), "description": text, "properties": inner}
    kind = str(old.get("type", ""))
    base = kind.removeprefix(LIST_PREFIX)
    bounds = {new: old[key] for key, new in NEW_BOUNDS.items() if key in old}
    values = {"type": NEW_TYPES.get(base, base), **bounds}
    default = {"default": old.get("default")}
    if kind.startswith(LIST_PREFIX):
        count = {key: old["length"] for key in ("minItems", "maxItems") if "length" in old}
        return {"type": _allow_null("array", old), **default, "items": values, **count, "description": text}
    if old.get("or") is not None:
        others = old["or"] if isinstance(old["or"], list) else [old["or"]]
        return {"anyOf": [{"enum": others}, values], **default, "description": text}
    return {"type": _allow_null(values.pop("type"), old), **default, **values, "description": text}


def _allow_null(name: Any, old: Mapping[str, Any]) -> Any:
    return [name, "null"] if "or" in old else name
