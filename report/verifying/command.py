"""``verify``: is a training right? Runs against the published seeds of the same methods."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sspbench.errors import UserError

if TYPE_CHECKING:
    from ..comparing.recorded import Recorded
    from ..record import Table
    from .judging import RowVerdict

DESCRIPTION = """Compare runs with published seeds of the same methods: prediction bands for every measure and for the
losses at five points. docs/verify.md says how, and how often it is right."""

EPILOG = """Exit status: 0 where every row is consistent; 1 where one is not; 3 where there are too few seeds to tell;
2 where the question cannot be answered."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``verify``."""
    parser = commands.add_parser(
        "verify", help="are runs consistent with published seeds?", description=DESCRIPTION, epilog=EPILOG
    )
    parser.add_argument("results", metavar="RESULTS", help="results/<data set>/<preset>")
    parser.add_argument(
        "--against", metavar="RELEASE", help="a release or results with three seeds or more (the newest)"
    )
    parser.add_argument("--rows", nargs="*", metavar="ROW", help="only these rows, e.g. sspnet sspnet+gan")
    parser.add_argument("--output", type=Path, help="folder for verify.md and verify.csv")
    parser.set_defaults(run=_verify)


def _verify(args: argparse.Namespace) -> int:
    from ..comparing.place import newest, opened

    with opened(args.results) as given, opened(args.against or newest(), given) as published:
        return _tell(given if args.rows is None else given.of_rows(args.rows), published, args.output)


def _tell(given: Recorded, published: Recorded, output: Path | None) -> int:
    """Print the verdicts, write them if asked to, and return the exit status."""
    from ..comparing.changes import changes
    from ..comparing.recorded import labelled
    from ..comparing.tables import change_table
    from ..rendering.terminal import terminal
    from .judging import verify
    from .tables import tables

    found = verify(given, published)
    if not found:
        where = f"{given.name}, {published.name}"
        why, hint = "no row and measure is in both", "give results of the same methods, data set and preset"
        raise UserError("There is nothing to verify", where=where, why=why, hint=hint)
    records = tables(found, labelled())
    changed = change_table(changes(published, given))
    records += [replace(changed, title="What was changed; A: published")] if changed.rows else []
    print(f"{given.name} against {published.name}\n")
    print("\n\n".join(terminal(record) for record in records))
    if output is not None:
        _write(records, output)
    return exit_status(found)


def exit_status(found: list[RowVerdict]) -> int:
    """Return 1 where a row is not consistent, else 3 where too few seeds tell of one, else 0."""
    verdicts = {one.verdict for one in found}
    if "not consistent" in verdicts:
        return 1
    return 3 if "too few seeds to tell" in verdicts else 0


def _write(records: list[Table], folder: Path) -> None:
    from sspbench.files import write_text

    from ..rendering.csv import csv
    from ..rendering.markdown import markdown

    write_text(folder / "verify.md", "\n".join(markdown(record) for record in records))
    write_text(folder / "verify.csv", csv(records[0]))
    print(f"wrote {folder / 'verify.md'}\nwrote {folder / 'verify.csv'}")
