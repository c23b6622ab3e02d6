"""A table record as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Column, Row, Table
from .text import format_cell, format_head


def render_markdown(table: Table) -> str:
    """Return the heading, the table with the best means in bold, and the notes."""
    lines = [f"**{table.heading}**", "", _render_line([table.head, *(format_head(column) for column in table.columns)])]
    lines.append(_render_line(["---", *("---" if column.form == "words" else "---:" for column in table.columns)]))
    for heading, rows in table.iter_sections():
        lines += [_render_line([f"*{heading}*", *("" for _ in table.columns)])] if heading else []
        lines += [_render_row(row, table.columns) for row in rows]
    notes = [part for note in table.notes for part in ("", note)]
    return "\n".join([*lines, *notes, ""])


def _render_row(row: Row, columns: Sequence[Column]) -> str:
    texts = [row.label]
    for cell, column in zip(row.cells, columns, strict=True):
        text = format_cell(cell, column)
        texts.append(f"**{text}**" if cell.best else text)
    return _render_line(texts)


def _render_line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"
