"""``compare``: two results, releases, or two seeds of one result."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sspbench.errors import UserError
from sspbench.files import write_text

if TYPE_CHECKING:
    from ..tables.record import Table
    from .tables import ResultsComparison

COMPARE_DESCRIPTION = """Compare two results per method and measure, B minus A, with 95 % intervals over trainings and
images; report what was changed (settings, code, data, versions) and what only one of them has."""

COMPARE_EPILOG = """Exit status: 0 where no difference is shown beyond chance (5 % over all cells together); 1 where a
cell differs, or a run has scores on one side alone; 2 where the question cannot be answered."""

MAX_TERMINAL_LINES = 20  # lines of a table on the terminal; the files have all lines


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``compare``."""
    parser = commands.add_parser(
        "compare",
        help="compare two results per method and measure",
        description=COMPARE_DESCRIPTION,
        epilog=COMPARE_EPILOG,
    )
    parser.add_argument("first", metavar="A", help="results/<data set>/<preset>, or a release by its name or folder")
    parser.add_argument("second", metavar="B", nargs="?", help="likewise; not with --seeds")
    parser.add_argument(
        "--seeds", nargs=2, type=int, metavar=("S", "T"), help="compare two seeds of A with each other instead"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("results/comparison"), help="folder for the files (results/comparison)"
    )
    parser.set_defaults(run=_run_compare)


def _run_compare(args: argparse.Namespace) -> int:
    if (args.second is None) == (args.seeds is None):
        raise UserError("Compare what with what?", hint="give two results, or one and --seeds S T")
    from .recorded_results import open_results
    from .tables import compare_results

    with open_results(args.first) as first:
        if args.seeds is not None:
            one, other = (first.select_seeds([seed]) for seed in args.seeds)
            return _print_and_write(compare_results(one, other, same_seeds=False), args.output)
        with open_results(args.second, first) as second:
            return _print_and_write(compare_results(first, second), args.output)


def _print_and_write(found: ResultsComparison, output: Path) -> int:
    """Print the comparison and write its files; return the exit status."""
    from ..tables.render.terminal import render_terminal
    from .tables import make_comparison_tables

    print(f"A: {found.first.name}\nB: {found.second.name}")
    records = make_comparison_tables(found)
    for record in records:
        if record.key != "differences":
            print(f"\n{render_terminal(_shorten_table(record))}")
    print(f"\n{found.sentence}")
    _write_comparison(found, records, output)
    return found.exit_status


def _shorten_table(table: Table) -> Table:
    more = len(table.rows) - MAX_TERMINAL_LINES
    if more <= 0:
        return table
    notes = (f"... and {more} more lines in the files", *table.notes)
    return replace(table, rows=table.rows[:MAX_TERMINAL_LINES], notes=notes)


def _write_comparison(found: ResultsComparison, records: list[Table], folder: Path) -> None:
    """Write ``comparison.md``, ``comparison.html`` (opens with the network off) and one CSV for each table."""
    from ..page.standalone import render_table_page
    from ..tables.render.csv import render_csv
    from ..tables.render.markdown import render_markdown

    head = ["# Comparison", "", f"- A: {found.first.name}", f"- B: {found.second.name}", "", found.sentence, ""]
    texts = {
        "comparison.md": "\n".join([*head, *map(render_markdown, records)]),
        "comparison.html": render_table_page("comparison.html.j2", records, found=found),
        **{f"{record.key}.csv": render_csv(record) for record in records},
    }
    for name, text in texts.items():
        write_text(folder / name, text)
        print(f"wrote {folder / name}")
