"""Commands of the report: ``report``, ``audit``, ``across`` and ``numbers``; those of its rooms are registered too."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sspbench.commands.config_options import add_config_options, config_from_args, plan_from_args
from sspbench.config.datasets import build_plans, summary_folder
from sspbench.errors import UserError
from sspbench.jobs.outcome import NOT_APPLICABLE
from table_audit import command as auditing

from .compare import command as comparing
from .releases import commands as releasing
from .verify import commands as verifying

if TYPE_CHECKING:
    from .analysis.results import Results


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of the report."""
    across = commands.add_parser("across", help="sum up several data sets or budgets: order, wins, doses")
    across.add_argument("--partial", action="store_true", help="use what there is")
    add_config_options(across)
    across.set_defaults(run=_sum_up_studies)
    audit = commands.add_parser("audit", help="test whether the numbers of a published table can all be true")
    auditing.add_arguments(audit)
    audit.set_defaults(run=_run_audit)
    comparing.register(commands)
    numbers = commands.add_parser("numbers", help="fill in the numbers in README and docs from the records of releases")
    numbers.set_defaults(run=_fill_pages)
    releasing.register(commands)
    verifying.register(commands)
    parser = commands.add_parser("report", help="make records, tables, figures and the page of a run")
    parser.add_argument(
        "steps", nargs="*", metavar="STEP", help=f"of {', '.join(_STEP_FUNCTIONS)}; all if none is named"
    )
    parser.add_argument("--partial", action="store_true", help="use what there is and show what failed")
    parser.add_argument("--processes", type=int, default=1, help="processes that share the work (1); the same bytes")
    add_config_options(parser)
    parser.set_defaults(run=_run_steps)


def _run_steps(args: argparse.Namespace) -> int:
    wrong = [step for step in args.steps if step not in _STEP_FUNCTIONS]
    if wrong:
        raise UserError(f"Unknown report step {wrong[0]!r}", hint=f"known: {', '.join(_STEP_FUNCTIONS)}")
    from .analysis.results import Results

    results = Results(plan_from_args(args), args.partial, args.processes)
    for step in args.steps or _STEP_FUNCTIONS:
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


# In the order in which they are done.
_STEP_FUNCTIONS = {
    "analysis": _write_analysis,
    "tables": _write_tables,
    "figures": _draw_figures,
    "page": _write_page,
    "summary": _print_summary,
}


def _sum_up_studies(args: argparse.Namespace) -> int:
    from .analysis.results import Results
    from .studies.write_summary import write_study_summary
    from .tables.render.terminal import render_terminal

    found = build_plans(config_from_args(args), args.results)
    several = {name: Results(plan, args.partial) for name, plan in found.items()}
    folder = summary_folder(found)
    for table in write_study_summary(several, folder):
        print(f"\n{render_terminal(table)}")
    print(f"\nsummary: {folder}")
    return 0


def _run_audit(args: argparse.Namespace) -> int:
    from .analysis.paper import as_user_error

    with as_user_error():
        auditing.run(args)
    return 0


def _fill_pages(_args: argparse.Namespace) -> int:
    from sspbench.files import write_text

    from .numbers import fill_marks, list_pages

    for path in list_pages():
        old = path.read_text(encoding="utf-8")
        new = fill_marks(old, path.name)
        if new != old:
            write_text(path, new)
            print(f"wrote {path}")
    return 0
