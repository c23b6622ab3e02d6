"""The command line: parses without torch, shows errors without a traceback."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from ..checkout import ROOT
from ..errors import UserError, explain_system_error
from ..jobs.collector import pause_collector
from ..jobs.outcome import error_from_exit
from ..jobs.subprocess_guard import run_guarded
from ..plugins.import_order import prefer_checkout_folders


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with the commands of every ``commands.py``."""
    top = argparse.ArgumentParser(
        prog="python -m sspbench",
        description="Benchmark suite for unpaired medical image enhancement.",
        epilog="The whole benchmark: uv run snakemake --cores all --resources gpu=2",
    )
    top.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="run in a subprocess, as the workflow does: copy its output to FILE and terminate its children",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in _command_modules():
        module.register(commands)
    return top


def _command_modules() -> Iterator[ModuleType]:
    """Import the frame's commands and every ``<stage folder>/commands.py``."""
    yield importlib.import_module("sspbench.commands.stage")
    for path in sorted(ROOT.glob("*/commands.py")):
        yield importlib.import_module(f"{path.parent.name}.commands")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (a fault the user can fix: 2, or what the fault says).

    Args:
        arguments: None: those of the process. Then a command that tries someone's code has its own process, which
            that code may end without being taken for a success.
    """
    prefer_checkout_folders()
    with pause_collector():
        args = build_parser().parse_args(arguments)
    alone = Path(os.devnull) if arguments is None and getattr(args, "contained", False) else None
    log = args.log or alone
    return _run_reporting_faults(args) if log is None else run_guarded(lambda: _run_reporting_faults(args), log)


def _run_reporting_faults(args: argparse.Namespace) -> int:
    """Run a parsed command; faults are reported, not raised."""
    try:
        status = int(args.run(args) or 0)
        sys.stdout.flush()
        return status
    except SystemExit as error:
        print(f"error: {error_from_exit(error)}", file=sys.stderr)
        return 1
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # anyone who reads the output has seen enough: ... | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as error:
        fault = explain_system_error(error)
        if fault is None:
            raise
        print(f"error: {fault}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
