"""A comparison as files: Markdown, CSV, and one page that opens with the network off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sspbench.files import write_text

from ..page.standalone import render_table_page
from ..tables.record import Table
from ..tables.render.csv import render_csv
from ..tables.render.markdown import render_markdown
from .tables import ResultsComparison, make_comparison_tables


def write_comparison(found: ResultsComparison, folder: Path) -> list[Path]:
    """Write ``comparison.md``, ``comparison.html`` and one CSV for each table; return the files."""
    records = make_comparison_tables(found)
    texts = {
        "comparison.md": render_comparison_markdown(found, records),
        "comparison.html": render_comparison_page(found, records),
        **{f"{record.key}.csv": render_csv(record) for record in records},
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def render_comparison_markdown(found: ResultsComparison, records: Sequence[Table]) -> str:
    """Return the comparison as Markdown."""
    head = ["# Comparison", "", f"- A: {found.first.name}", f"- B: {found.second.name}", "", found.sentence, ""]
    return "\n".join([*head, *(render_markdown(record) for record in records)])


def render_comparison_page(found: ResultsComparison, records: Sequence[Table]) -> str:
    """Return the comparison as a page that refers to nothing outside itself."""
    return render_table_page("comparison.html.j2", records, found=found)
