"""How a table is made to fit a two-column A4 page: its type size, which columns wrap, and where it is cut.

Widths are estimated from the letters, on the safe side; a test lets LaTeX measure them. In this order: the largest type
at which all columns fit, one column of the page before two; then columns of words wrap; then columns of numbers are
stacked in panels that repeat the row labels. What is longer than a page goes on in another float.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from ..record import Table
from .text import format_cell, format_head

PAGE_WIDTH_PT = 445.0
"""Width to fill in pt: A4 with margins of an inch has 452."""

COLUMN_WIDTH_PT = 215.0
"""Width of one of two columns in pt."""

FLOAT_HEIGHT_PT = 560.0
"""Height of a float in pt, its caption left out: A4 with margins of an inch has 650 and more."""

TYPE_QUADS_PT = {r"\small": 9.25, r"\footnotesize": 8.5, r"\scriptsize": 7.97}
"""Type sizes by their quad in pt: small sizes of Computer Modern are wider than their size says."""

COLUMN_GAP_PT = 8.0
"""Space between columns in pt."""

LINE_HEIGHT_QUADS = 1.2
"""Height of a line in units of the quad."""

NARROW_LETTERS = frozenset(" .,:;|!()[]'-ijlt")
WIDE_LETTERS = frozenset("mwMW±↑↓%–")


@dataclass(frozen=True)
class TableBlock:
    """A part of a table that is one ``tabular``: some of its columns, and some of its rows."""

    columns: tuple[int, ...]
    rows: slice


@dataclass(frozen=True)
class PageFit:
    r"""How a table fits.

    Attributes:
        size: Command of the type size.
        wide: Whether it spans both columns of the page.
        floats: Blocks by float.
        wrapped: Widths in pt of the columns that wrap; -1 is the column of row labels.
        gap: Space between columns in pt.
    """

    size: str
    spans_both_columns: bool
    floats: tuple[tuple[TableBlock, ...], ...]
    wrapped_widths: Mapping[int, float] = field(default_factory=dict)
    gap: float = COLUMN_GAP_PT


def fit_to_page(table: Table) -> PageFit:
    """Return how a table fits the page."""
    texts = _collect_texts(table)
    for width, wide in ((COLUMN_WIDTH_PT, False), (PAGE_WIDTH_PT, True)):
        for size, points in TYPE_QUADS_PT.items():
            natural = [_max_width(column, points) + COLUMN_GAP_PT for column in texts]
            if size != r"\scriptsize" and sum(natural) <= width:
                return _cut_into_floats(table, texts, size, wide, {}, [tuple(range(len(table.columns)))])
    for size in (r"\footnotesize", r"\scriptsize"):
        wrapped = _compute_wrapped_widths(table, texts, TYPE_QUADS_PT[size])
        if wrapped is not None:
            return _cut_into_floats(table, texts, size, True, wrapped, [tuple(range(len(table.columns)))])
    size = r"\footnotesize"
    return _cut_into_floats(table, texts, size, True, {}, list(_split_into_panels(texts, TYPE_QUADS_PT[size])))


def _collect_texts(table: Table) -> list[list[str]]:
    """Return by column, that of the row labels first, the head and all cells."""
    columns = [[table.head, *(row.label for row in table.rows)]]
    for place, column in enumerate(table.columns):
        columns.append([format_head(column), *(format_cell(row.cells[place], column) for row in table.rows)])
    return columns


def estimate_text_width(text: str, points: float) -> float:
    """Return a generous estimate of a text's width in pt: that of its letters in bold."""
    ems = sum(
        0.38 if c in NARROW_LETTERS else 0.95 if c in WIDE_LETTERS else 0.8 if c.isupper() else 0.59 for c in text
    )
    return ems * points


def _max_width(texts: Sequence[str], points: float) -> float:
    return max(estimate_text_width(text, points) for text in texts)


def _compute_wrapped_widths(table: Table, texts: Sequence[Sequence[str]], points: float) -> dict[int, float] | None:
    """Return widths of the columns of words so that all columns fit; None where they cannot."""
    words = [-1, *(place for place, column in enumerate(table.columns) if column.form == "words")]
    full = {place: _max_width(texts[place + 1], points) for place in words}
    minimum = {
        place: _max_width([word for text in texts[place + 1] for word in text.split()], points) for place in words
    }
    numbers = sum(_max_width(column, points) for place, column in enumerate(texts[1:]) if place not in full)
    left = PAGE_WIDTH_PT - numbers - COLUMN_GAP_PT * len(texts)
    if sum(minimum.values()) > left:
        return None
    return dict(_share_width(full, minimum, left))


def _share_width(full: Mapping[int, float], minimum: Mapping[int, float], left: float) -> Iterator[tuple[int, float]]:
    """Yield widths: columns that need no more than an even share get what they need, the others share the rest."""
    waiting = sorted(full, key=lambda place: full[place])
    while waiting:
        place = waiting.pop(0)
        later = sum(minimum[other] for other in waiting)
        width = min(full[place] + 2.0, max(minimum[place], min(left / (len(waiting) + 1), left - later)))
        left -= width
        yield place, width


def _split_into_panels(texts: Sequence[Sequence[str]], points: float) -> Iterator[tuple[int, ...]]:
    """Yield the columns of each panel: as few panels as fit, of even length."""
    widths = [_max_width(column, points) + COLUMN_GAP_PT for column in texts]
    room = PAGE_WIDTH_PT - widths[0]
    count = max(1, ceil(sum(widths[1:]) / room))
    while True:
        length = max(1, ceil((len(widths) - 1) / count))
        panels = [
            tuple(range(start, min(start + length, len(widths) - 1))) for start in range(0, len(widths) - 1, length)
        ]
        if length == 1 or all(sum(widths[place + 1] for place in panel) <= room for panel in panels):
            yield from panels
            return
        count += 1


def _cut_into_floats(
    table: Table,
    texts: Sequence[Sequence[str]],
    size: str,
    wide: bool,
    wrapped: Mapping[int, float],
    panels: Sequence[tuple[int, ...]],
) -> PageFit:
    """Return the fit with its rows cut into floats no longer than a page."""
    points = TYPE_QUADS_PT[size]
    lines = sum(
        ceil(estimate_text_width(note, TYPE_QUADS_PT[r"\scriptsize"]) / (PAGE_WIDTH_PT if wide else COLUMN_WIDTH_PT))
        for note in table.notes
    )
    notes = min(lines * TYPE_QUADS_PT[r"\scriptsize"] * LINE_HEIGHT_QUADS, FLOAT_HEIGHT_PT / 2)
    floats: list[list[TableBlock]] = [[]]
    used = notes
    for panel in panels:
        start, used = 0, used + 3 * points * LINE_HEIGHT_QUADS
        for place in range(len(table.rows)):
            height = _count_lines(texts, place + 1, wrapped, points) * points * LINE_HEIGHT_QUADS
            if used + height > FLOAT_HEIGHT_PT:
                floats[-1] += [TableBlock(panel, slice(start, place))] if place > start else []
                floats.append([])
                start, used = place, notes + 3 * points * LINE_HEIGHT_QUADS
            used += height
        floats[-1].append(TableBlock(panel, slice(start, len(table.rows))))
    return PageFit(size, wide, tuple(tuple(blocks) for blocks in floats if blocks), wrapped)


def _count_lines(texts: Sequence[Sequence[str]], line: int, wrapped: Mapping[int, float], points: float) -> int:
    """Return how many lines a row takes."""
    return max(
        [
            1,
            *(
                ceil(1.15 * estimate_text_width(texts[place + 1][line], points) / width)
                for place, width in wrapped.items()
            ),
        ]
    )
