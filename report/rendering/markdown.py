"""A table record as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Column, Row, Table
from .text import cell_text, head_text


def markdown(table: Table) -> str:
    """Return the heading, the table with the best means in bold, and the notes."""
    lines = [f"**{table.heading}**", "", _line([table.head, *(head_text(column) for column in table.columns)])]
    lines.append(_line(["---", *("---" if column.form == "words" else "---:" for column in table.columns)]))
    for heading, rows in table.sections():
        lines += [_line([f"*{heading}*", *("" for _ in table.columns)])] if heading else []
        lines += [_row(row, table.columns) for row in rows]
    notes = [part for note in table.notes for part in ("", note)]
    return "\n".join([*lines, *notes, ""])


def _row(row: Row, columns: Sequence[Column]) -> str:
    texts = [row.label]
    for cell, column in zip(row.cells, columns, strict=True):
        text = cell_text(cell, column)
        texts.append(f"**{text}**" if cell.best else text)
    return _line(texts)


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"
