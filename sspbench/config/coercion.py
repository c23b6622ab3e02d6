"""Gives the values of a config their types: what the schema calls text stays text, everything else is read as YAML."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import yaml

from ..plugins.discovery import find_plugins
from ..plugins.schema_words import Schema
from ..plugins.schemas import load_schema

# How `--config key=null` arrives.
NULL_TEXTS = ("null", "none", "None", "", "~")

# Numbers that YAML reads otherwise than people: 010 as 8, 1:30 as 90.
MISREAD_NUMBER = re.compile(r"[+-]?(0[0-7_]+|[\d_]+(:[\d_.]+)+)")

# Powers of ten, which YAML reads as text where they have no dot.
POWER_OF_TEN = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")


def coerce_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with its values as the schema wants them; values that do not fit are left as they are.

    >>> given = {"data_root": "2024_01_15", "seeds": ["0", "1"], "external": {"theirs": "007"}, "ablation": "null"}
    >>> coerce_config(given)
    {'data_root': '2024_01_15', 'seeds': [0, 1], 'external': {'theirs': '007'}, 'ablation': None}
    """
    return {key: _coerce(value, one) for key, value, one in _pair_with_schemas(config, _build_schema(config))}


def parse_values(value: Any) -> Any:
    """Return the value with numbers, truth values and null in place of their texts, at any depth.

    >>> parse_values({"seeds": ["0", "1"], "beta": "2.0", "rate": "1e-4", "resize": "null", "norm": "batch"})
    {'seeds': [0, 1], 'beta': 2.0, 'rate': 0.0001, 'resize': None, 'norm': 'batch'}
    """
    return _coerce(value, {})


def _build_schema(config: Mapping[str, Any]) -> Schema:
    """Return the config's schema with those of the plugins whose parameters it may override."""
    trained = {**find_plugins("methods"), **find_plugins("segmentation")}
    params = {name: plugin.all_parameters for name, plugin in trained.items()}
    rows = {name: {"additionalProperties": schema} for name, schema in params.items()}
    properties = {**load_schema("config")["properties"], "params": {"properties": params}, "rows": {"properties": rows}}
    dataset = config.get("dataset")
    plugin = find_plugins("data").get(dataset) if isinstance(dataset, str) else None
    if plugin is not None:
        properties["dataset_options"] = plugin.all_parameters
    return {"properties": properties}


def _pair_with_schemas(values: Mapping[str, Any], schema: Schema) -> list[tuple[str, Any, Schema]]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    rest = others if isinstance(others, Mapping) else {}
    return [(key, value, known.get(key, rest)) for key, value in values.items()]


def _coerce(value: Any, schema: Schema) -> Any:
    schema = _follow_reference(schema)
    if isinstance(value, Mapping):
        return {key: _coerce(part, one) for key, part, one in _pair_with_schemas(value, schema)}
    if isinstance(value, list):
        return [_coerce(part, _item_schema(schema)) for part in value]
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if "string" in types and "enum" not in schema:
        return _as_text(value, schema, "null" in types)
    return _parse_scalar(value) if isinstance(value, str) else value


def _follow_reference(schema: Schema) -> Schema:
    reference = str(schema.get("$ref", ""))
    if not reference:
        return schema
    if not reference.startswith("#/"):
        return load_schema(reference)
    found: Schema = load_schema("config")
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _item_schema(schema: Schema) -> Schema:
    branches = [schema, *schema.get("oneOf", [])]
    found: list[Schema] = [branch["items"] for branch in branches if "items" in branch]
    return found[0] if found else {}


def _as_text(value: Any, schema: Schema, nullable: bool) -> Any:
    is_path = schema.get("format") == "path"  # a folder may be called null or None
    if nullable and (value is None or value == "" or (value in NULL_TEXTS and not is_path)):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)  # a config made in Python: a folder may be called 2024
    if isinstance(value, str) and is_path:
        return os.path.expanduser(value)  # noqa: PTH111  # Path.expanduser raises for an unknown user
    return value


def _parse_scalar(text: str) -> Any:
    if text in NULL_TEXTS:
        return None
    if MISREAD_NUMBER.fullmatch(text):
        return text
    if POWER_OF_TEN.fullmatch(text):
        return float(text)
    try:
        parsed = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):  # ValueError: no date, such as 2024-13-45
        return text
    return parsed if isinstance(parsed, bool | int | float) else text
