"""Pages of one file each that load nothing else: the report, a comparison, a study's summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sspbench.offline_page.page import render_with_policy

from ..figures.palette import render_colour_variables
from ..tables.record import Table
from ..tables.render.html import HtmlTable, make_html_table

PAGE_TEMPLATE_DIR = Path(__file__).parent


class _RecordTables:
    """The tables by name, as the templates ask for them."""

    def __init__(self, records: Sequence[Table]) -> None:
        self.records = {record.key: record for record in records}

    def table(self, name: str) -> HtmlTable:
        """Return a table as the page shows it."""
        return make_html_table(self.records[name])


def render_table_page(template: str, records: Sequence[Table], **facts: Any) -> str:
    """Return a page that shows tables below each other; ``facts`` are what else its template asks for."""
    return render_with_policy(*load_frame(template), records=records, shelf=_RecordTables(records), **facts)


def load_frame(template: str) -> tuple[Path, str, str]:
    """Return a template, the style and the script of its page, as :func:`render_with_policy` takes them.

    The template extends ``frame.html.j2``.
    """
    style, script = ((PAGE_TEMPLATE_DIR / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    return PAGE_TEMPLATE_DIR / template, render_colour_variables() + style, script
