"""Writes the summary of several data sets: tables, figures, one page of them, and the index last."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from markupsafe import Markup

from sspbench.files import write_json, write_text

from ..analysis.results import Results
from ..figures.style import FinishedFigure, save_figure, use_figure_style
from ..page.standalone import render_table_page
from ..tables.record import Table
from ..tables.render import write_table
from .dose_response import DOSE_MEASURES, draw_dose_figure, make_dose_table, sort_by_dose
from .method_order import make_order_table
from .metric_reliability import draw_reliability_figure, make_reliability_table, rank_metrics
from .order_transfer import compare_orders, draw_transfer_figure, list_pairs, make_transfer_table
from .training_budget import draw_budget_figure, make_budget_table

SUMMARY_PAGE_NAME = "summary.html"  # the page, beside the tables and figures
PAGE_PX_PER_INCH = 134  # how large the page shows a figure: one of full width takes the page's width


@dataclass(frozen=True)
class _StudyPart:
    """Tables of one question, and its figure by file name, drawn when asked for."""

    tables: Sequence[Table]
    figure_name: str = ""
    draw: Callable[[], FinishedFigure] | None = None


def write_study_summary(several: Mapping[str, Results], folder: Path) -> list[Table]:
    """Write all that the results allow into ``folder``, ``index.json`` (headings by key) last; return the tables."""
    parts = list(_iter_parts(several))
    tables = [table for part in parts for table in part.tables]
    for table in tables:
        write_table(table, folder)
    index = {table.key: table.heading for table in tables}
    shown = []
    with use_figure_style():
        for part in parts:
            if part.draw is not None:
                found = part.draw()
                name = save_figure(found.figure, folder, part.figure_name)
                index[name] = found.caption
                width = int(PAGE_PX_PER_INCH * found.figure.get_figwidth())
                shown.append((_encode_png_uri(folder / name), width, found))
    plan = next(iter(several.values())).plan
    facts = {"study": plan.config["study"] or "all data sets", "preset": plan.preset, "datasets": list(several)}
    write_text(folder / SUMMARY_PAGE_NAME, render_table_page("summary.html.j2", tables, figures=shown, **facts))
    write_json(folder / "index.json", index)
    return tables


def make_study_tables(several: Mapping[str, Results]) -> list[Table]:
    """Return the tables that the results of several data sets allow."""
    return [table for part in _iter_parts(several) for table in part.tables]


def _iter_parts(several: Mapping[str, Results]) -> Iterator[_StudyPart]:
    """Yield what the results allow, question by question."""
    if len(several) > 1:
        yield _StudyPart([make_order_table(several)])
    for pair in list_pairs(several):
        if orders := compare_orders(pair):
            draw = partial(draw_transfer_figure, pair, orders)
            yield _StudyPart([make_transfer_table(pair, orders)], f"ranks-{'-'.join(pair.names)}", draw)
    if len(sort_by_dose(several)) > 1:
        tables = [make_dose_table(several, metric) for metric in DOSE_MEASURES]
        yield _StudyPart(tables, "doses", partial(draw_dose_figure, several))
    for name, results in several.items():
        table = make_budget_table(results)
        if table is not None:
            figure_name = "budget" if len(several) == 1 else f"budget-{name}"
            yield _StudyPart([table], figure_name, partial(draw_budget_figure, results))
    if marks := rank_metrics(several):
        draw_marks = partial(draw_reliability_figure, marks) if any(each.correlations for each in marks) else None
        yield _StudyPart([make_reliability_table(marks)], "report_card", draw_marks)


def _encode_png_uri(path: Path) -> Markup:
    return Markup("data:image/png;base64,") + base64.b64encode(path.read_bytes()).decode()
