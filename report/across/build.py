"""Writes the summary above several data sets: tables, figures, one page of them, and the index last."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from sspbench.files import write_json, write_text

from ..drawing.style import Drawn, save, style
from ..html.standalone import page_of_tables
from ..record import Table
from ..rendering import write_table
from ..results import Results
from . import budget, card
from . import doses as dose
from .order import order

PAGE = "summary.html"
"""The page, beside the tables and figures."""

PX_PER_INCH = 134
"""How large the page shows a figure: one of full width takes the page's width."""


def build(several: Mapping[str, Results], folder: Path) -> list[Table]:
    """Write all that the results allow into ``folder``, ``index.json`` (headings by key) last; return the tables."""
    marks = card.graded(several)
    records = list(_tables(several, marks))
    for each in records:
        write_table(each, folder)
    index = {each.key: each.heading for each in records}
    shown = []
    with style():
        for name, found in _figures(several, marks):
            save(found.figure, folder, name)
            index[f"{name}.png"] = found.caption
            shown.append((_embedded(folder / f"{name}.png"), int(PX_PER_INCH * found.figure.get_figwidth()), found))
    write_text(folder / PAGE, _page(several, records, shown))
    write_json(folder / "index.json", index)
    return records


def _tables(several: Mapping[str, Results], marks: Sequence[card.Graded]) -> Iterator[Table]:
    """Yield the tables that the results allow."""
    if len(several) > 1:
        yield order(several)
    if len(dose.doses(several)) > 1:
        yield from (dose.table(several, metric) for metric in dose.MEASURES)
    for results in several.values():
        found = budget.budget(results)
        if found is not None:
            yield found
    if marks:
        yield card.card(marks)


def _figures(several: Mapping[str, Results], marks: Sequence[card.Graded]) -> Iterator[tuple[str, Drawn]]:
    """Yield the figures that the results allow, by file name."""
    if len(dose.doses(several)) > 1:
        yield "doses", dose.drawn(several)
    for name, results in several.items():
        if budget.budget(results) is not None:
            yield "budget" if len(several) == 1 else f"budget-{name}", budget.drawn(results)
    if any(each.marks for each in marks):
        yield "report_card", card.drawn(marks)


def _page(several: Mapping[str, Results], records: list[Table], shown: list[tuple[Markup, int, Drawn]]) -> str:
    plan = next(iter(several.values())).plan
    facts = {"study": plan.config["study"] or "all data sets", "preset": plan.preset, "datasets": list(several)}
    return page_of_tables("summary.html.j2", records, figures=shown, **facts)


def _embedded(path: Path) -> Markup:
    return Markup("data:image/png;base64,") + base64.b64encode(path.read_bytes()).decode()
