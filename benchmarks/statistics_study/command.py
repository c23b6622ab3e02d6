"""``simulate-statistics``: how often the report's tests, intervals and ranks are right."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``simulate-statistics``."""
    parser = commands.add_parser(
        "simulate-statistics",
        help="false positives and coverage of the test and of rank intervals, with the spreads of a run's own scores",
    )
    parser.add_argument("folder", type=Path, metavar="RESULTS", help="results or release with scores of several seeds")
    parser.add_argument("--draws", type=int, default=1000, help="simulated comparisons per line (1000)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the markers of this page")
    parser.set_defaults(run=_simulate_statistics)


def _simulate_statistics(args: argparse.Namespace) -> int:
    from sspbench.files import write_text

    from .comparison_table import make_simulation_table, replace_between_markers
    from .rank_table import make_rank_study_table

    tables = [make(args.folder, args.draws) for make in (make_rank_study_table, make_simulation_table)]
    text = "\n\n".join(tables)
    if args.write is None:
        print(text)
    else:
        write_text(args.write, replace_between_markers(args.write, text))
    return 0
