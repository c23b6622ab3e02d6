"""A comparison as files: Markdown, CSV, and one page that opens with the network off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sspbench.files import write_text

from ..html.standalone import page_of_tables
from ..record import Table
from ..rendering.csv import csv
from ..rendering.markdown import markdown
from .tables import Compared, tables

NAMES = ("comparison.md", "comparison.html")
"""Files beside one CSV for each table."""


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
    return page_of_tables("comparison.html.j2", records, found=found)
