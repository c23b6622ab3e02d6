"""Values as the command line gives them: within lists and mappings, ``--config`` hands over numbers as text."""

from __future__ import annotations

import datetime
import re
from typing import Any

import yaml

NULL_TEXTS = ("null", "none", "None", "", "~")
"""How ``--config key=null`` arrives."""
NAME_KEYS = ("dataset", "data_root", "segmenter", "segmenter_weights", "vgg16", "ablation")
"""Keys of the config that hold a name or a path."""
POWER_OF_TEN = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
"""Powers of ten, which YAML takes for text where they have no dot."""


def parse_cli_values(value: Any) -> Any:
    """Return the value with numbers, truth values and nothing in place of their texts, at any depth.

    >>> parse_cli_values({"seeds": ["0", "1"], "beta": "2.0", "rate": "1e-4", "resize": "null", "norm": "batch"})
    {'seeds': [0, 1], 'beta': 2.0, 'rate': 0.0001, 'resize': None, 'norm': 'batch'}
    """
    if isinstance(value, dict):
        return {key: parse_cli_values(part) for key, part in value.items()}
    if isinstance(value, list):
        return [parse_cli_values(part) for part in value]
    return _parse_scalar(value) if isinstance(value, str) else value


def names_as_text(config: dict[str, Any]) -> dict[str, Any]:
    """Return the config with names as text: a folder may be called ``2024``, which arrives as a number.

    >>> names_as_text({"data_root": 2024, "seeds": [1], "external": {"theirs": 2024}})
    {'data_root': '2024', 'seeds': [1], 'external': {'theirs': '2024'}}
    """
    found = {key: _number_as_text(value) if key in NAME_KEYS else value for key, value in config.items()}
    if isinstance(found.get("external"), dict):
        found["external"] = {row: _number_as_text(folder) for row, folder in found["external"].items()}
    return found


def _number_as_text(value: Any) -> Any:
    numbers = (int, float, datetime.date)
    return str(value) if isinstance(value, numbers) and not isinstance(value, bool) else value


def _parse_scalar(text: str) -> Any:
    if text in NULL_TEXTS:
        return None
    if POWER_OF_TEN.fullmatch(text):
        return float(text)
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return parsed if isinstance(parsed, bool | int | float) else text
