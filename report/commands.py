"""Commands of the report: tables, figures and page from what the runs left."""

from __future__ import annotations

import argparse
import sys

from sspbench.commands.options import add_config_options, plan_of
from sspbench.errors import UserError
from sspbench.plan.config import Plan

STEPS = ("tables", "figures", "page", "summary")


def register(commands: argparse._SubParsersAction) -> None:
    """Add ``report``, ``audit`` and ``compare``."""
    from audit import command as audit

    from .across import command as across
    from .comparing import command as comparing

    across.register(commands)
    audit.register(commands)
    comparing.register(commands)
    parser = commands.add_parser("report", help="make tables, figures and the page from what the runs left")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}; all where none is named")
    parser.add_argument("--partial", action="store_true", help="take what there is and show what failed")
    add_config_options(parser)
    parser.set_defaults(run=_report)


def _report(args: argparse.Namespace) -> int:
    wrong = [step for step in args.steps if step not in STEPS]
    if wrong:
        raise UserError(f"There is no report step {wrong[0]!r}", hint=f"known: {', '.join(STEPS)}")
    plan = plan_of(args)
    for step in args.steps or STEPS:
        _FUNCTIONS[step](plan, args.partial)
    return 0


def _tables(plan: Plan, partial: bool) -> None:
    from .contents import build
    from .results import Results

    build(Results(plan, partial), plan.layout.tables)


def _figures(plan: Plan, partial: bool) -> None:
    from .figures import draw
    from .results import Results

    draw(Results(plan, partial), plan.layout.figures)


def _page(plan: Plan, partial: bool) -> None:
    from .page import write
    from .results import Results

    write(Results(plan, partial), plan.layout.root / "report.html")


def _summary(plan: Plan, partial: bool) -> None:
    """Print the two main tables and where the rest lies; say what failed."""
    from .record import read_table
    from .rendering.terminal import terminal
    from .results import Results

    results = Results(plan, partial)
    for name in ("table1_quality", "table2_segmentation", "table3_ablation", "audit_paper"):
        path = plan.layout.tables / f"{name}.json"
        if path.is_file():
            print(f"\n{terminal(read_table(path))}")
    scale = "" if plan.preset == "paper" else f" at {plan.preset} scale: not the paper's protocol"
    print(f"\n{plan.dataset.meta['title']}, {'real' if plan.dataset.meta['real'] else 'simulated'}{scale}.")
    print(f"tables:  {plan.layout.tables}\nfigures: {plan.layout.figures}\npage:    {plan.layout.root / 'report.html'}")
    for row in results.rows:
        if results.ended(row) != "done":
            print(f"FAILED   {row.label}: {results.ended(row)}", file=sys.stderr)


_FUNCTIONS = {"tables": _tables, "figures": _figures, "page": _page, "summary": _summary}
