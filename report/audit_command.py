"""``audit FILE.yaml``: runs the package table-audit and prints its errors as the suite prints its own."""

from __future__ import annotations

import argparse

from table_audit import command

from .audit_errors import as_user_error


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``audit``."""
    parser = commands.add_parser("audit", help="test whether the numbers of a published table can all be true")
    command.add_arguments(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with as_user_error():
        command.run(args)
    return 0
