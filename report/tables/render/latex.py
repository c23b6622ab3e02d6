r"""A table record as LaTeX that fits a two-column A4 page (needs the packages booktabs and array).

The caption has no number: LaTeX numbers. How the table is cut to fit is decided in ``page_fit.py``; here is the markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Cell, Column, Row, Table
from .page_fit import PageFit, TableBlock, fit_to_page
from .text import format_cell, format_head

_TEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
}
_TEX_ESCAPES |= {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
}
_TEX_ESCAPES |= {"µ": r"\textmu{}", "²": r"$^2$", "−": "$-$", "–": "--", "≥": r"$\ge$", "≤": r"$\le$", "×": r"$\times$"}
_TEX_ESCAPES |= {
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "√": r"$\surd$",
    "·": r"$\cdot$",
    "⁺": r"$^+$",
    "→": r"$\to$",
}


def escape_tex(text: str) -> str:
    r"""Escape a text for LaTeX.

    >>> escape_tex("50 % ± 2")
    '50 \\% $\\pm$ 2'
    """
    return "".join(_TEX_ESCAPES.get(character, character) for character in text)


def render_latex(table: Table) -> str:
    """Return the table as one float, or several where it is longer than a page."""
    chosen = fit_to_page(table)
    lines = [r"% needs \usepackage{booktabs,array}"]
    for place, part in enumerate(chosen.floats):
        last = place == len(chosen.floats) - 1
        lines += _render_float(table, chosen, part, continued=place > 0, notes=table.notes if last else ())
    return "\n".join([*lines, ""])


def _render_float(
    table: Table, chosen: PageFit, blocks: Sequence[TableBlock], *, continued: bool, notes: Sequence[str]
) -> list[str]:
    name = "table*" if chosen.spans_both_columns else "table"
    lines = [rf"\begin{{{name}}}[tp]", r"\centering", *([r"\addtocounter{table}{-1}"] if continued else [])]
    lines.append(rf"\caption{{{escape_tex(table.title)}{' (continued)' if continued else ''}}}")
    lines += [] if continued else [rf"\label{{tab:{table.key}}}"]
    lines += [chosen.size, rf"\setlength{{\tabcolsep}}{{{chosen.gap / 2:g}pt}}"]
    for number, block in enumerate(blocks):
        lines += [r"\par\medskip"] if number else []
        lines += _render_tabular(table, chosen, block)
    if notes:
        lines += [r"\par\medskip", r"\parbox{\linewidth}{\raggedright\scriptsize"]
        lines += [rf"{escape_tex(note)}\par" for note in notes]
        lines.append("}")
    return [*lines, rf"\end{{{name}}}"]


def _render_tabular(table: Table, chosen: PageFit, block: TableBlock) -> list[str]:
    columns = [table.columns[place] for place in block.columns]
    heads = [
        rf"\multicolumn{{1}}{{{'l' if words else 'r'}}}{{{text}}}" for words, text in _make_heads(table.head, columns)
    ]
    shape = "".join([_column_shape(chosen, -1, words=True), *_column_shapes(chosen, block, columns)])
    lines = [rf"\begin{{tabular}}{{{shape}}}", r"\toprule", " & ".join(heads) + r" \\", r"\midrule"]
    lines += [_render_line(row, block, columns) for row in table.rows[block.rows]]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _make_heads(head: str, columns: Sequence[Column]) -> list[tuple[bool, str]]:
    found = [(column.form == "words", escape_tex(format_head(column))) for column in columns]
    return [(True, escape_tex(head)), *found]


def _column_shapes(chosen: PageFit, block: TableBlock, columns: Sequence[Column]) -> list[str]:
    pairs = zip(block.columns, columns, strict=True)
    return [_column_shape(chosen, place, words=column.form == "words") for place, column in pairs]


def _column_shape(chosen: PageFit, place: int, *, words: bool) -> str:
    width = chosen.wrapped_widths.get(place)
    if width is not None:
        return rf">{{\raggedright\arraybackslash}}p{{{width:.0f}pt}}"
    return "l" if words else "r"


def _render_line(row: Row, block: TableBlock, columns: Sequence[Column]) -> str:
    cells = [row.cells[place] for place in block.columns]
    texts = [_render_cell(cell, column) for cell, column in zip(cells, columns, strict=True)]
    return " & ".join([escape_tex(row.label), *texts]) + r" \\"


def _render_cell(cell: Cell, column: Column) -> str:
    text = escape_tex(format_cell(cell, column))
    return rf"\textbf{{{text}}}" if cell.best else text
