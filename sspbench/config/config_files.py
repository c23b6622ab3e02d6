"""Reads configs: YAML files over the defaults of ``config/config.yaml``, and ``KEY=VALUE`` over both."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ..checkout import ROOT
from ..errors import UserError
from ..plugins.source_files import parse_argument_as_text, read_yaml_as_text
from .coercion import coerce_config
from .overrides import merge_dicts

# Characters of a path that are shown.
MAX_SHOWN_PATH_CHARS = 300

DEFAULT_CONFIG_FILE = ROOT / "config" / "config.yaml"


def read_config(path: Path) -> dict[str, Any]:
    """Read a YAML config merged over the defaults of ``config/config.yaml``.

    Raises:
        UserError: the file is missing or not a YAML mapping, or a key stands twice in it.
    """
    return coerce_config(merge_dicts(_read_layer(DEFAULT_CONFIG_FILE), _read_layer(path)))


def read_workflow_config(files: Sequence[Path], entries: Sequence[str]) -> dict[str, Any]:
    """Return the config of a call of Snakemake, with text as the user wrote it.

    Snakemake's own reader turns a folder name such as 2024_01_15 into a number and silently keeps the last of two
    equal keys.

    Args:
        files: What ``--configfile`` names.
        entries: What ``--config`` gives, ``KEY=VALUE`` each.

    Raises:
        UserError: a file is missing or not a YAML mapping, or a key stands twice in it.
    """
    config = _read_layer(DEFAULT_CONFIG_FILE)
    for path in files:
        config = merge_dicts(config, _read_layer(path))
    for entry in entries:
        key, _, value = entry.partition("=")
        config = merge_dicts(config, {key: _parse_entry(value)})
    return coerce_config(config)


def _parse_entry(value: str) -> Any:
    try:
        return parse_argument_as_text(value)
    except (yaml.YAMLError, ValueError, RecursionError):
        return value


def _read_layer(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):  # noqa: PTH113  # Path.is_file raises for an impossible path
        why = "it is a folder" if os.path.isdir(path) else f"the file does not exist, seen from {Path.cwd()}"  # noqa: PTH112
        hint = "give the path of a YAML file"
        raise UserError("The config file is missing", where=shorten_path(path), why=why, hint=hint)
    content = read_yaml_as_text(Path(path))
    if not isinstance(content, dict):
        why = "it is empty" if content is None else f"it holds {type(content).__name__}"
        hint = "write keys and values, e.g. preset: demo (all keys: config/config.yaml)"
        raise UserError("A config file must hold keys and values", where=str(path), why=why, hint=hint)
    return content


def shorten_path(path: Path) -> str:
    """Return a path as text, cut where it is long."""
    text = str(path)
    return text if len(text) <= MAX_SHOWN_PATH_CHARS else f"{text[:MAX_SHOWN_PATH_CHARS]}... ({len(text)} characters)"
