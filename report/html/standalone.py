"""Pages that are one file each and ask for nothing outside: the report, a comparison, a study's summary."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ..record import Table
from ..rendering.html import HtmlTable, html

TEMPLATES = Path(__file__).parent


class _Shelf:
    """The tables by name, as the templates ask for them."""

    def __init__(self, records: Sequence[Table]) -> None:
        self.records = {record.key: record for record in records}

    def table(self, name: str) -> HtmlTable:
        """Return a table as the page shows it."""
        return html(self.records[name])


def page_of_tables(template: str, records: Sequence[Table], **facts: Any) -> str:
    """Return a page that shows tables below each other.

    Args:
        template: File name of the template.
        records: The tables.
        facts: What else the template asks for.
    """
    return standalone(template, records=records, shelf=_Shelf(records), **facts)


def standalone(template: str, **facts: Any) -> str:
    """Return a page with style and script in it, allowed by their hashes alone.

    Args:
        template: File name of the template, one that extends ``frame.html.j2``.
        facts: What the template asks for.
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
        style=Markup(style),
        script=Markup(script),
        style_hash=inline_hash(style),
        script_hash=inline_hash(script),
        **facts,
    )


def inline_hash(text: str) -> str:
    """Return the content security policy's hash of an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
