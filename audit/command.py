"""The command ``audit FILE.yaml``: judge the tables of a paper."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``audit``."""
    parser = commands.add_parser("audit", help="test whether the numbers of a published table can all be true")
    parser.add_argument("file", type=Path, help="the tables as YAML; format: audit/README.md")
    parser.add_argument("--csv", type=Path, help="also write one line per cell to this CSV file")
    parser.add_argument("--markdown", type=Path, help="also write the audit to this Markdown file")
    parser.add_argument("--lines", type=Path, help="also write, per impossible cell, what would fit to this CSV file")
    parser.add_argument("--examples", type=Path, help="also write the sets of images that were found to this folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the audit; return 0 whatever it finds."""
    from sspbench.files import write_text

    from .claims import check_claims
    from .engine import audit
    from .metric_lines import lines_frame, metric_lines
    from .published import load_published
    from .show import to_frame, to_markdown, to_text

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
    return 0
