"""``numbers``: fills in the numbers in README and docs from the records of releases."""

from __future__ import annotations

import argparse


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``numbers``."""
    parser = commands.add_parser("numbers", help="fill in the numbers in README and docs from the records of releases")
    parser.set_defaults(run=_fill_pages)


def _fill_pages(_args: argparse.Namespace) -> int:
    from sspbench.files import write_text

    from .marks import fill_marks, list_pages

    for path in list_pages():
        old = path.read_text(encoding="utf-8")
        new = fill_marks(old, path.name)
        if new != old:
            write_text(path, new)
            print(f"wrote {path}")
    return 0
