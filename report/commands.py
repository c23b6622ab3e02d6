"""Commands of the report: records, tables, figures and page from what the runs left."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sspbench.commands.config_options import add_config_options, plan_from_args
from sspbench.errors import UserError
from sspbench.jobs.outcome import NOT_APPLICABLE

from .releases import commands as releases

if TYPE_CHECKING:
    from .analysis.results import Results

REPORT_STEPS = ("analysis", "tables", "figures", "page", "summary")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``report``, ``audit``, ``compare``, ``verify`` and the commands of releases."""
    from . import audit_command
    from .compare import command as comparing
    from .numbers import command as numbering
    from .studies import command as across
    from .verify import command as verifying
    from .verify import replay_command as replaying

    across.register(commands)
    audit_command.register(commands)
    comparing.register(commands)
    numbering.register(commands)
    releases.register(commands)
    replaying.register(commands)
    verifying.register(commands)
    parser = commands.add_parser("report", help="make records, tables, figures and the page of a run")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(REPORT_STEPS)}; all if none is named")
    parser.add_argument("--partial", action="store_true", help="use what there is and show what failed")
    parser.add_argument("--processes", type=int, default=1, help="processes that share the work (1); the same bytes")
    add_config_options(parser)
    parser.set_defaults(run=_run_steps)


def _run_steps(args: argparse.Namespace) -> int:
    wrong = [step for step in args.steps if step not in REPORT_STEPS]
    if wrong:
        raise UserError(f"Unknown report step {wrong[0]!r}", hint=f"known: {', '.join(REPORT_STEPS)}")
    from .analysis.results import Results

    results = Results(plan_from_args(args), args.partial, args.processes)
    for step in args.steps or REPORT_STEPS:
        _STEP_FUNCTIONS[step](results)
    return 0


def _write_analysis(results: Results) -> None:
    from .analysis.run_record import write_run_record

    write_run_record(results, results.plan.layout.root)


def _write_tables(results: Results) -> None:
    from .tables.write_all import write_tables

    write_tables(results, results.plan.layout.tables)


def _draw_figures(results: Results) -> None:
    from .figures.draw_all import draw_figures, write_chart_panels

    draw_figures(results, results.plan.layout.figures)
    write_chart_panels(results, results.plan.layout.figures)


def _write_page(results: Results) -> None:
    from .page.build import write_page

    root = results.plan.layout.root
    write_page(root, root / "report.html", results.processes)


def _print_summary(results: Results) -> None:
    """Print the answer, its limits, failed rows, and the path of the page."""
    from .analysis.run_record import read_run_record
    from .analysis.vocabulary import VOCABULARIES
    from .tables.terminal_answer import format_answer

    root = results.plan.layout.root
    run = read_run_record(root)
    words = VOCABULARIES[run.facts.structure]
    print("\n".join(["", *format_answer(root / "tables", words.noun)]))
    for row in run.rows:
        if row.status != "done":
            print(f"{'' if row.status.startswith(NOT_APPLICABLE) else 'FAILED '}{row.label}: {row.status}")
    is_other = words.paper_applies and run.facts.preset != "paper"
    scale = f" at {run.facts.preset} scale" + (": not the paper's protocol" if is_other else "")
    print(f"{run.facts.title}, {'real' if run.facts.is_real else 'simulated'}{scale}.")
    print(f"page: {root / 'report.html'} (tables and figures beside it)")


_STEP_FUNCTIONS = {
    "analysis": _write_analysis,
    "tables": _write_tables,
    "figures": _draw_figures,
    "page": _write_page,
    "summary": _print_summary,
}
