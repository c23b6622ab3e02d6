"""Pages of tables beside the report (a comparison, a study's summary): one file each that asks for nothing outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jinja2
from markupsafe import Markup

from ..page import TEMPLATES, inline_hash
from ..record import Table
from ..rendering.html import HtmlTable, html


class _Shelf:
    """The tables by name, as the templates ask for them."""

    def __init__(self, records: Sequence[Table]) -> None:
        self.records = {record.key: record for record in records}

    def table(self, name: str) -> HtmlTable:
        """Return a table as the page shows it."""
        return html(self.records[name])


def standalone(template: str, records: Sequence[Table], **facts: Any) -> str:
    """Return a page of tables.

    Args:
        template: File name of the template.
        records: The tables.
        facts: What else the template asks for.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    return environment.get_template(template).render(
        records=records,
        shelf=_Shelf(records),
        style=Markup(style),
        script=Markup(script),
        style_hash=inline_hash(style),
        script_hash=inline_hash(script),
        **facts,
    )
