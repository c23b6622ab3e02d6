r"""A table record as LaTeX for a two-column A4 page (needs the packages booktabs, array and adjustbox).

The caption has no number: LaTeX numbers. Long cells wrap, and adjustbox scales a table down to the width of the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Column, Row, Table
from .text import format_cell, format_head

# At `\small`, 50 rows with their notes fill a page; a longer table continues in another float.
MAX_ROWS_PER_FLOAT = 50

# A column of words whose longest cell exceeds this wraps at 3.5 cm.
MAX_UNWRAPPED_CHARACTERS = 24

_TEX_ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "±": r"$\pm$", "↑": r"$\uparrow$", "↓": r"$\downarrow$", "→": r"$\to$", "µ": r"\textmu{}", "²": r"$^2$", "−": "$-$",
    "–": "--", "≥": r"$\ge$", "≤": r"$\le$", "×": r"$\times$", "√": r"$\surd$", "·": r"$\cdot$", "⁺": r"$^+$",
}  # fmt: skip


def escape_tex(text: str) -> str:
    r"""Escape a text for LaTeX.

    >>> escape_tex("50 % ± 2")
    '50 \\% $\\pm$ 2'
    """
    return "".join(_TEX_ESCAPES.get(character, character) for character in text)


def render_latex(table: Table) -> str:
    """Return the table as one float, or several where it is longer than a page."""
    starts = range(0, max(len(table.rows), 1), MAX_ROWS_PER_FLOAT)
    lines = [r"% needs \usepackage{booktabs,array,adjustbox}"]
    for start in starts:
        lines += _render_float(table, start, is_last=start == starts[-1])
    return "\n".join([*lines, ""])


def _render_float(table: Table, start: int, *, is_last: bool) -> list[str]:
    lines = [r"\begin{table*}[tp]", r"\centering"]
    if start:
        lines += [r"\addtocounter{table}{-1}", rf"\caption{{{escape_tex(table.title)} (continued)}}"]
    else:
        lines += [rf"\caption{{{escape_tex(table.title)}}}", rf"\label{{tab:{table.key}}}"]
    lines += [r"\small", r"\begin{adjustbox}{max width=\linewidth, max totalheight=.75\textheight, keepaspectratio}"]
    lines += [*_render_tabular(table, table.rows[start : start + MAX_ROWS_PER_FLOAT]), r"\end{adjustbox}"]
    if is_last and table.notes:
        lines += [r"\par\medskip", r"\parbox{\linewidth}{\raggedright\scriptsize"]
        lines += [rf"{escape_tex(note)}\par" for note in table.notes]
        lines.append("}")
    return [*lines, r"\end{table*}"]


def _render_tabular(table: Table, rows: Sequence[Row]) -> list[str]:
    labels = _column_shape([row.label for row in table.rows], has_words=True)
    shapes = [labels, *(_cells_shape(table, place) for place in range(len(table.columns)))]
    heads = [_render_head(table.head, has_words=True)]
    heads += [_render_head(format_head(column), column.form == "words") for column in table.columns]
    lines = [rf"\begin{{tabular}}{{{''.join(shapes)}}}", r"\toprule", " & ".join(heads) + r" \\", r"\midrule"]
    lines += [_render_line(row, table.columns) for row in rows]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _render_head(text: str, has_words: bool) -> str:
    return rf"\multicolumn{{1}}{{{'l' if has_words else 'r'}}}{{{escape_tex(text)}}}"


def _cells_shape(table: Table, place: int) -> str:
    column = table.columns[place]
    texts = [format_cell(row.cells[place], column) for row in table.rows]
    return _column_shape(texts, column.form == "words")


def _column_shape(texts: Sequence[str], has_words: bool) -> str:
    if not has_words:
        return "r"
    is_long = any(len(text) > MAX_UNWRAPPED_CHARACTERS for text in texts)
    return r">{\raggedright\arraybackslash}p{3.5cm}" if is_long else "l"


def _render_line(row: Row, columns: Sequence[Column]) -> str:
    texts = [escape_tex(row.label)]
    for cell, column in zip(row.cells, columns, strict=True):
        text = escape_tex(format_cell(cell, column))
        texts.append(rf"\textbf{{{text}}}" if cell.best else text)
    return " & ".join(texts) + r" \\"
