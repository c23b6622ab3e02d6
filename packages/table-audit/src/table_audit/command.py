"""The command ``table-audit FILE.yaml``: judge the tables of a paper."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .errors import TableAuditError

# Exit code for faults in the table file, as argparse uses for wrong arguments.
EXIT_FAULT = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 for every outcome of the audit, 2 if the file cannot be audited."""
    parser = argparse.ArgumentParser(
        "table-audit", description="Test whether the numbers of published tables can all be true."
    )
    add_arguments(parser)
    try:
        run(parser.parse_args(arguments))
    except (TableAuditError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAULT
    return 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("file", type=Path, help="the tables as YAML; the README of table-audit explains the format")
    parser.add_argument("--csv", type=Path, help="also write one line per cell to this CSV file")
    parser.add_argument("--markdown", type=Path, help="also write the audit to this Markdown file")
    parser.add_argument("--lines", type=Path, help="also write, per impossible cell, what would fit to this CSV file")
    parser.add_argument("--examples", type=Path, help="also write the sets of images that were found to this folder")


def run(args: argparse.Namespace) -> None:
    """Print the audit and write the files that were asked for.

    Raises:
        TableAuditError: the table file has a fault.
        OSError: a file cannot be written.
    """
    from .cell_verdicts import audit
    from .claims import check_claims
    from .files import write_text
    from .metric_lines import lines_frame, metric_lines
    from .rendering import to_frame, to_markdown, to_text
    from .table_file import load_published

    published = load_published(args.file)
    audits = [audit(table) for table in published.tables.values()]
    claims = check_claims(published)
    title = f"{published.paper['title']} ({args.file})"
    print(to_text(audits, claims, title))
    if args.csv:
        write_text(args.csv, to_frame(audits).to_csv(index=False))
    if args.markdown:
        write_text(args.markdown, to_markdown(audits, claims, title))
    if args.lines:
        write_text(args.lines, lines_frame(metric_lines(audits)).to_csv(index=False))
    for audited in audits if args.examples else ():
        for name, images in audited.examples():
            write_text(args.examples / f"{name}.csv", images.to_csv(index=False))
