"""Marks in Markdown: HTML comments between which a number or a table stands that a command fills in.

``<!--number:v1/cornsim/demo/primary#sspnet/mean-->.824<!--/number-->`` and, on separate lines,
``<!--table:budget#budget-->``, the table, ``<!--/table-->``. Readers see the number alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sspbench.checkout import ROOT
from sspbench.errors import UserError

from .values import format_marked_number, render_study_table

NUMBER_MARK = re.compile(r"(<!--number:(\S+?)-->)(.*?)(<!--/number-->)")
TABLE_MARK = re.compile(r"(<!--table:(\S+?)-->\n)(.*?)(<!--/table-->)", re.DOTALL)
HALF_MARK = re.compile(r"<!--\s*/?\s*(?:number|table)\b[^>]*>")

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)

# What results look like: two decimals or more without a leading digit but zero, an interval, a spread.
RESULT_PATTERN = re.compile(
    r"(?<![\w.])[-+−]?0?\.\d{2,}(?![\d.])"  # .804, -0.42
    r"|[-+−]?\d*\.\d+ \[[-+−]?\d*\.?\d+, "  # 3.84 [.50,
    r"|\d*\.\d+ ± "
)

# Pages that are generated, or that hold measurements with the command beside them.
EXEMPT_PAGES = frozenset({"reference.md"})


def list_pages() -> list[Path]:
    """Return README and the pages of ``docs``, the notebook left out."""
    return [
        ROOT / "README.md",
        *(path for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in EXEMPT_PAGES),
    ]


def fill_marks(text: str, where: str) -> str:
    """Return a page with the number or table of every mark filled in.

    Args:
        text: The page.
        where: Its name, for faults.

    Raises:
        UserError: a mark is not closed, or names what does not exist.
    """
    found = NUMBER_MARK.sub(lambda mark: mark[1] + format_marked_number(mark[2]) + mark[4], text)
    found = TABLE_MARK.sub(lambda mark: mark[1] + render_study_table(mark[2]) + mark[4], found)
    left = HALF_MARK.search(remove_marks(found))
    if left:
        hint = "write <!--number:SOURCE-->...<!--/number--> on one line, and marks of tables on separate lines"
        raise UserError("A mark is not closed or has another form", where=f"{where}: {left[0]}", hint=hint)
    return found


def remove_marks(text: str) -> str:
    """Return a page without marks and their content; lines stay where they are."""
    text = NUMBER_MARK.sub("", text)
    return TABLE_MARK.sub(lambda mark: "\n" * mark[0].count("\n"), text)


def find_typed_results(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines (from 1) and texts of numbers that look like results and lie outside marks and code."""
    plain = CODE.sub(lambda code: "\n" * code[0].count("\n"), remove_marks(text))
    for number, line in enumerate(plain.splitlines(), 1):
        yield from ((number, found[0]) for found in RESULT_PATTERN.finditer(line))
