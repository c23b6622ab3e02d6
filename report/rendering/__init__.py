"""Renderings of a table record, one file each; :func:`write_table` writes those that are files."""

from __future__ import annotations

from pathlib import Path

from sspbench.files import write_json, write_text

from ..record import Table, to_json
from .csv import csv
from .latex import latex
from .markdown import markdown


def write_table(table: Table, folder: Path) -> None:
    """Write ``<key>.json`` (the record) and its renderings ``.csv``, ``.md`` and ``.tex``."""
    write_json(folder / f"{table.key}.json", to_json(table))
    write_text(folder / f"{table.key}.csv", csv(table))
    write_text(folder / f"{table.key}.md", markdown(table))
    write_text(folder / f"{table.key}.tex", latex(table))
