"""A comparison as files: Markdown, CSV, and one page that opens with the network off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from sspbench.files import write_text

from ..page import TEMPLATES, inline_hash
from ..record import Table
from ..rendering.csv import csv
from ..rendering.html import HtmlTable, html
from ..rendering.markdown import markdown
from .tables import Compared, tables

NAMES = ("comparison.md", "comparison.html")
"""Files beside one CSV for each table."""


class _Shelf:
    """The tables by name, as the template asks for them."""

    def __init__(self, records: Sequence[Table]) -> None:
        self.records = {record.key: record for record in records}

    def table(self, name: str) -> HtmlTable:
        """Return a table as the page shows it."""
        return html(self.records[name])


def write(found: Compared, folder: Path) -> list[Path]:
    """Write ``comparison.md``, ``comparison.html`` and one CSV for each table; return the files."""
    records = tables(found)
    texts = {
        "comparison.md": as_markdown(found, records),
        "comparison.html": page(found, records),
        **{f"{record.key}.csv": csv(record) for record in records},
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def as_markdown(found: Compared, records: Sequence[Table]) -> str:
    """Return the comparison as Markdown."""
    head = ["# Comparison", "", f"- A: {found.first.name}", f"- B: {found.second.name}", "", found.sentence, ""]
    return "\n".join([*head, *(markdown(record) for record in records)])


def page(found: Compared, records: Sequence[Table]) -> str:
    """Return the comparison as a page that refers to nothing outside itself."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    return environment.get_template("comparison.html.j2").render(
        found=found,
        records=records,
        shelf=_Shelf(records),
        style=Markup(style),
        script=Markup(script),
        style_hash=inline_hash(style),
        script_hash=inline_hash(script),
    )
