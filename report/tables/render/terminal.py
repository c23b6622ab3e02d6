"""A table record as text for a terminal, its columns aligned."""

from __future__ import annotations

from ..record import Table
from .text import format_head, format_row


def render_terminal(table: Table) -> str:
    """Return the heading, the aligned table and its notes; numbers are aligned to the right, words to the left."""
    grid = [[table.head, *(format_head(column) for column in table.columns)]]
    grid += [format_row(row, table.columns) for row in table.rows]
    widths = [max(len(line[place]) for line in grid) for place in range(len(grid[0]))]
    wordy = [True, *(column.form == "words" for column in table.columns)]

    def aligned(line: list[str]) -> str:
        parts = zip(line, widths, wordy, strict=True)
        texts = [text.ljust(width) if words else text.rjust(width) for text, width, words in parts]
        return "  ".join(texts).rstrip()

    lines = [aligned(grid[0])]
    for heading, rows in table.iter_sections():
        lines += [f"- {heading}"] if heading else []
        lines += [aligned(format_row(row, table.columns)) for row in rows]
    return "\n".join([table.heading, *lines, *table.notes])
