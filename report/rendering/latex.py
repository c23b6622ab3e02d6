r"""A table record as LaTeX that fits a two-column A4 page (needs the packages booktabs and array).

The caption has no number: LaTeX numbers. How the table is cut to fit is decided in ``page_fit.py``; here is the markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..record import Cell, Column, Row, Table
from .page_fit import Block, Fit, fit
from .text import cell_text, head_text

_TEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"}
_TEX |= {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "↑": r"$\uparrow$", "↓": r"$\downarrow$"}
_TEX |= {"µ": r"\textmu{}", "²": r"$^2$", "−": "$-$", "–": "--", "≥": r"$\ge$", "≤": r"$\le$", "×": r"$\times$"}
_TEX |= {"<": r"\textless{}", ">": r"\textgreater{}", "√": r"$\surd$", "·": r"$\cdot$", "⁺": r"$^+$", "→": r"$\to$"}


def tex_text(text: str) -> str:
    r"""Escape a text for LaTeX.

    >>> tex_text("50 % ± 2")
    '50 \\% $\\pm$ 2'
    """
    return "".join(_TEX.get(character, character) for character in text)


def latex(table: Table) -> str:
    """Return the table as one float, or several where it is longer than a page."""
    chosen = fit(table)
    lines = [r"% needs \usepackage{booktabs,array}"]
    for place, part in enumerate(chosen.floats):
        last = place == len(chosen.floats) - 1
        lines += _float(table, chosen, part, continued=place > 0, notes=table.notes if last else ())
    return "\n".join([*lines, ""])


def _float(table: Table, chosen: Fit, blocks: Sequence[Block], *, continued: bool, notes: Sequence[str]) -> list[str]:
    name = "table*" if chosen.wide else "table"
    lines = [rf"\begin{{{name}}}[tp]", r"\centering", *([r"\addtocounter{table}{-1}"] if continued else [])]
    lines.append(rf"\caption{{{tex_text(table.title)}{' (continued)' if continued else ''}}}")
    lines += [] if continued else [rf"\label{{tab:{table.key}}}"]
    lines += [chosen.size, rf"\setlength{{\tabcolsep}}{{{chosen.gap / 2:g}pt}}"]
    for number, block in enumerate(blocks):
        lines += [r"\par\medskip"] if number else []
        lines += _tabular(table, chosen, block)
    if notes:
        lines += [r"\par\medskip", r"\parbox{\linewidth}{\raggedright\scriptsize"]
        lines += [rf"{tex_text(note)}\par" for note in notes]
        lines.append("}")
    return [*lines, rf"\end{{{name}}}"]


def _tabular(table: Table, chosen: Fit, block: Block) -> list[str]:
    columns = [table.columns[place] for place in block.columns]
    heads = [rf"\multicolumn{{1}}{{{'l' if words else 'r'}}}{{{text}}}" for words, text in _heads(table.head, columns)]
    shape = "".join([_shape(chosen, -1, words=True), *_shapes(chosen, block, columns)])
    lines = [rf"\begin{{tabular}}{{{shape}}}", r"\toprule", " & ".join(heads) + r" \\", r"\midrule"]
    lines += [_line(row, block, columns) for row in table.rows[block.rows]]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _heads(head: str, columns: Sequence[Column]) -> list[tuple[bool, str]]:
    found = [(column.form == "words", tex_text(head_text(column))) for column in columns]
    return [(True, tex_text(head)), *found]


def _shapes(chosen: Fit, block: Block, columns: Sequence[Column]) -> list[str]:
    pairs = zip(block.columns, columns, strict=True)
    return [_shape(chosen, place, words=column.form == "words") for place, column in pairs]


def _shape(chosen: Fit, place: int, *, words: bool) -> str:
    width = chosen.wrapped.get(place)
    if width is not None:
        return rf">{{\raggedright\arraybackslash}}p{{{width:.0f}pt}}"
    return "l" if words else "r"


def _line(row: Row, block: Block, columns: Sequence[Column]) -> str:
    cells = [row.cells[place] for place in block.columns]
    texts = [_cell(cell, column) for cell, column in zip(cells, columns, strict=True)]
    return " & ".join([tex_text(row.label), *texts]) + r" \\"


def _cell(cell: Cell, column: Column) -> str:
    text = tex_text(cell_text(cell, column))
    return rf"\textbf{{{text}}}" if cell.best else text
