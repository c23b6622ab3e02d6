"""The options that name a config, shared by every command that needs a plan."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..plan.config import Plan, merged, read_config


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and ``--set``, which together give a :class:`~sspbench.plan.config.Plan`."""
    parser.add_argument("--config", default="config/config.yaml", help="a YAML file, or a whole config as JSON")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="KEY=VALUE", dest="overrides", help="override keys (value: YAML)"
    )
    parser.add_argument("--results", type=Path, default=Path("results"), help="the results folder")


def plan_of(args: argparse.Namespace) -> Plan:
    """Return the plan that the parsed options give."""
    return Plan(config_of(args), args.results)


def config_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the whole config that the parsed options give."""
    import yaml

    config: dict[str, Any] = json.loads(args.config) if args.config.startswith("{") else read_config(Path(args.config))
    for entry in args.overrides:
        key, equals, value = entry.partition("=")
        if not equals:
            raise UserError(f"--set {entry} has no '='", hint="write KEY=VALUE, e.g. --set preset=smoke")
        nested: Any = yaml.safe_load(value)
        for part in reversed(key.split(".")):
            nested = {part: nested}
        config = merged(config, nested)
    return config
