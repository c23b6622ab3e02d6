"""Pages of one file each that load nothing else: the report, a comparison, a study's summary."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

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
    """Return a page that shows tables below each other.

    Args:
        template: File name of the template.
        records: The tables.
        facts: What else the template asks for.
    """
    return render_standalone(template, records=records, shelf=_RecordTables(records), **facts)


def render_standalone(template: str, **facts: Any) -> str:
    """Return a page with style and script in it, allowed by their hashes alone.

    Args:
        template: File name of the template, one that extends ``frame.html.j2``.
        facts: What the template asks for.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE_TEMPLATE_DIR),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((PAGE_TEMPLATE_DIR / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    style = render_colour_variables() + style
    return environment.get_template(template).render(
        style=Markup(style),
        script=Markup(script),
        style_hash=hash_inline(style),
        script_hash=hash_inline(script),
        **facts,
    )


def hash_inline(text: str) -> str:
    """Return the content security policy's hash of an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
