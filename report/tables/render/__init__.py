"""Renderings of a table record, one file each; :func:`write_table` writes those that are files."""

from __future__ import annotations

from pathlib import Path

from sspbench.files import write_json, write_text

from ..record import Table, table_to_json
from .csv import render_csv
from .latex import render_latex
from .markdown import render_markdown


def write_table(table: Table, folder: Path) -> None:
    """Write ``<key>.json`` (the record) and its renderings ``.csv``, ``.md`` and ``.tex``."""
    write_json(folder / f"{table.key}.json", table_to_json(table))
    write_text(folder / f"{table.key}.csv", render_csv(table))
    write_text(folder / f"{table.key}.md", render_markdown(table))
    write_text(folder / f"{table.key}.tex", render_latex(table))
