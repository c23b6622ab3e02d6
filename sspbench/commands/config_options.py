"""The options that name a config, shared by every command that needs a plan."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import yaml

from ..config.coercion import coerce_config
from ..config.config_files import DEFAULT_CONFIG_FILE, read_config
from ..config.overrides import merge_dicts
from ..config.plan import Plan
from ..errors import UserError
from ..plugins.source_files import parse_argument_as_text


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and ``--set``, which together give a :class:`~sspbench.config.plan.Plan`."""
    parser.add_argument(
        "--config", help="a YAML file, or a config as JSON (default: config/config.yaml of the checkout)"
    )
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="KEY=VALUE", dest="overrides", help="override keys (value: YAML)"
    )
    parser.add_argument("--results", type=Path, default=Path("results"), help="the results folder")


def plan_from_args(args: argparse.Namespace) -> Plan:
    """Return the plan that the parsed options give."""
    return Plan(config_from_args(args), args.results)


def config_from_args(args: argparse.Namespace) -> dict[str, Any]:
    """Return the whole config that the parsed options give.

    Raises:
        UserError: it cannot be read, or an override is none.
    """
    config = _read_given_config(args.config)
    for entry in args.overrides:
        config = merge_dicts(config, _parse_override(entry))
    return coerce_config(config)


def _read_given_config(text: str | None) -> dict[str, Any]:
    if text is None:
        return read_config(DEFAULT_CONFIG_FILE)
    if not text.startswith("{"):
        return read_config(Path(text))
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        hint = "the workflow hands over a whole config as JSON; by hand give a YAML file, and --set KEY=VALUE"
        raise UserError("The config is not valid JSON", where="--config", why=str(error), hint=hint) from error
    return merge_dicts(read_config(DEFAULT_CONFIG_FILE), given)


def _parse_override(entry: str) -> dict[str, Any]:
    """Return ``a.b=VALUE`` as nested mappings."""
    key, equals, value = entry.partition("=")
    if not equals or not all(key.split(".")):
        raise UserError(
            "An override has no key or no value",
            where=f"--set {entry}",
            why="something must stand before and after '='",
            hint="write KEY=VALUE, e.g. --set preset=smoke",
        )
    try:
        nested: Any = parse_argument_as_text(value)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        hint = "the value is read as YAML: put text with special characters in quotes"
        raise UserError("An override's value is not valid YAML", where=f"--set {entry}", why=why, hint=hint) from error
    for part in reversed(key.split(".")):
        nested = {part: nested}
    return dict(nested)
