"""The command ``across``: summarises the data sets, or the budgets, of one run."""

from __future__ import annotations

import argparse

from sspbench.commands.config_options import add_config_options, config_from_args
from sspbench.config.datasets import build_plans, summary_folder


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``across``."""
    parser = commands.add_parser("across", help="sum up several data sets or budgets: order, wins, doses")
    parser.add_argument("--partial", action="store_true", help="use what there is")
    add_config_options(parser)
    parser.set_defaults(run=_write_summaries)


def _write_summaries(args: argparse.Namespace) -> int:
    from ..analysis.results import Results
    from ..tables.render.terminal import render_terminal
    from .write_summary import write_study_summary

    found = build_plans(config_from_args(args), args.results)
    several = {name: Results(plan, args.partial) for name, plan in found.items()}
    folder = summary_folder(found)
    for table in write_study_summary(several, folder):
        print(f"\n{render_terminal(table)}")
    print(f"\nsummary: {folder}")
    return 0
