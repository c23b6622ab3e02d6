"""Writes the summary of several data sets: tables, figures, one page of them, and the index last."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from sspbench.files import write_json, write_text

from ..analysis.results import Results
from ..figures.style import FinishedFigure, save_figure, use_figure_style
from ..page.standalone import render_table_page
from ..tables.record import Table
from ..tables.render import write_table
from . import dose_response as dose
from . import metric_reliability, training_budget
from .method_order import make_order_table
from .order_transfer import compare_orders, list_pairs, make_transfer_table
from .rank_chart import draw_transfer_figure

SUMMARY_PAGE_NAME = "summary.html"  # the page, beside the tables and figures
PAGE_PX_PER_INCH = 134  # how large the page shows a figure: one of full width takes the page's width


def write_study_summary(several: Mapping[str, Results], folder: Path) -> list[Table]:
    """Write all that the results allow into ``folder``, ``index.json`` (headings by key) last; return the tables."""
    marks = metric_reliability.rank_metrics(several)
    records = list(_make_tables(several, marks))
    for each in records:
        write_table(each, folder)
    index = {each.key: each.heading for each in records}
    shown = []
    with use_figure_style():
        for name, found in _draw_figures(several, marks):
            save_figure(found.figure, folder, name)
            index[f"{name}.png"] = found.caption
            shown.append(
                (_encode_png_uri(folder / f"{name}.png"), int(PAGE_PX_PER_INCH * found.figure.get_figwidth()), found)
            )
    write_text(folder / SUMMARY_PAGE_NAME, _render_page(several, records, shown))
    write_json(folder / "index.json", index)
    return records


def make_study_tables(several: Mapping[str, Results]) -> list[Table]:
    """Return the tables that the results of several data sets allow."""
    return list(_make_tables(several, metric_reliability.rank_metrics(several)))


def _make_tables(several: Mapping[str, Results], marks: Sequence[metric_reliability.MetricGrade]) -> Iterator[Table]:
    """Yield the tables that the results allow."""
    if len(several) > 1:
        yield make_order_table(several)
    for pair in list_pairs(several):
        if orders := compare_orders(pair):
            yield make_transfer_table(pair, orders)
    if len(dose.sort_by_dose(several)) > 1:
        yield from (dose.make_dose_table(several, metric) for metric in dose.DOSE_MEASURES)
    for results in several.values():
        found = training_budget.make_budget_table(results)
        if found is not None:
            yield found
    if marks:
        yield metric_reliability.make_reliability_table(marks)


def _draw_figures(
    several: Mapping[str, Results], marks: Sequence[metric_reliability.MetricGrade]
) -> Iterator[tuple[str, FinishedFigure]]:
    """Yield the figures that the results allow, by file name."""
    for pair in list_pairs(several):
        if orders := compare_orders(pair):
            yield f"ranks-{'-'.join(pair.names)}", draw_transfer_figure(pair, orders)
    if len(dose.sort_by_dose(several)) > 1:
        yield "doses", dose.draw_dose_figure(several)
    for name, results in several.items():
        if training_budget.make_budget_table(results) is not None:
            yield "budget" if len(several) == 1 else f"budget-{name}", training_budget.draw_budget_figure(results)
    if any(each.correlations for each in marks):
        yield "report_card", metric_reliability.draw_reliability_figure(marks)


def _render_page(
    several: Mapping[str, Results], records: list[Table], shown: list[tuple[Markup, int, FinishedFigure]]
) -> str:
    plan = next(iter(several.values())).plan
    facts = {"study": plan.config["study"] or "all data sets", "preset": plan.preset, "datasets": list(several)}
    return render_table_page("summary.html.j2", records, figures=shown, **facts)


def _encode_png_uri(path: Path) -> Markup:
    return Markup("data:image/png;base64,") + base64.b64encode(path.read_bytes()).decode()
