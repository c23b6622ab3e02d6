"""The command line: parses without torch, tells faults without a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .discovery import command_modules
from .errors import UserError


def parser() -> argparse.ArgumentParser:
    """Return the parser with the commands of every ``commands.py``."""
    top = argparse.ArgumentParser(
        prog="python -m sspbench",
        description="Benchmark suite for unpaired medical image enhancement.",
        epilog="The whole benchmark: uv run snakemake --cores all --resources gpu=2",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in command_modules():
        module.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (a fault the user can mend: 2, or what the fault says)."""
    try:
        args = parser().parse_args(arguments)
        return int(args.run(args) or 0)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
