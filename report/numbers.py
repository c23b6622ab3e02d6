"""Numbers in prose, filled in from the records of releases between marks: HTML comments in Markdown.

``<!--number:v1/cornsim/demo/primary#sspnet/mean-->.824<!--/number-->`` and, on separate lines,
``<!--table:budget#budget-->``, the table, ``<!--/table-->``. Readers see the number alone.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from sspbench.checkout import ROOT
from sspbench.errors import UserError
from sspbench.files import read_mapping
from sspbench.releases.packing import unpack_release
from sspbench.releases.release_folder import RELEASES_DIR, find_release_parts, natural_sort_key

from .tables.record import Table
from .tables.render.markdown import render_markdown

NUMBER_MARK = re.compile(r"(<!--number:(\S+?)-->)(.*?)(<!--/number-->)")
TABLE_MARK = re.compile(r"(<!--table:(\S+?)-->\n)(.*?)(<!--/table-->)", re.DOTALL)
HALF_MARK = re.compile(r"<!--\s*/?\s*(?:number|table)\b[^>]*>")

# Pages that are generated, or that hold measurements with the command beside them.
EXEMPT_PAGES = frozenset({"reference.md"})

PUBLISHED = ROOT / RELEASES_DIR
DEFAULT_DECIMALS = 3

# The record of the answer; the other tables are CSV.
PRIMARY_TABLE = "primary"

# The name of the newest release of the benchmark itself, so that a new one needs no edit of the pages.
NEWEST_MARK = "v*"


def list_pages() -> list[Path]:
    """Return README and the pages of ``docs``, the notebook left out."""
    docs = sorted((ROOT / "docs").glob("*.md"))
    return [ROOT / "README.md", *(path for path in docs if path.name not in EXEMPT_PAGES)]


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


def format_marked_number(source: str, published: Path = PUBLISHED) -> str:
    """Return a number of a release as prose shows it: ``.804``, or with its interval ``+.019 [+.011, +.028]``.

    Args:
        source: ``RELEASE/DATA SET/PRESET/TABLE#ROW/WHAT``, maybe with ``@DECIMALS``. ``v*`` is the newest release whose
            name is v and a number. WHAT is an entry of the row in ``primary``, or a measure of another table.
        published: The folder of releases.

    Raises:
        UserError: the file, the row or the entry does not exist.
    """
    place, _, wanted = source.partition("#")
    name, _, decimals = wanted.partition("@")
    row, _, what = name.partition("/")
    part, _, table = place.replace(NEWEST_MARK, _find_newest(published), 1).rpartition("/")
    path = published / part / "tables" / f"{table}{'.json' if table == PRIMARY_TABLE else '.csv'}"
    if not path.is_file():
        hint = "correct the mark, or publish the release that it names"
        raise UserError("A mark names a table that does not exist", where=source, why=f"{path} is missing", hint=hint)
    found = _read_primary(path, row, what) if table == PRIMARY_TABLE else _read_table(path, row, what)
    if "mean" not in found:
        why, hint = f"no {what!r} of {row!r}", f"take a row and a column of {path}"
        raise UserError("A mark names a number that does not exist", where=source, why=why, hint=hint)
    return _format_entry(found, int(decimals or DEFAULT_DECIMALS))


def _find_newest(published: Path) -> str:
    """Return the name of the newest release called v and a number."""
    names = [path.name for path in published.glob("v*") if path.name[1:].isdecimal()]
    return max(names, key=natural_sort_key, default=NEWEST_MARK)


def _read_primary(path: Path, row: str, what: str) -> dict[str, float]:
    """Return a number of ``primary.json``, with its interval where it has one."""
    rows: dict[str, Any] = {one["key"]: one for one in read_mapping(path)["rows"]}
    entry = rows.get(row, {}).get(what)
    return _pick_numbers(entry if isinstance(entry, Mapping) else {"mean": entry})


def _read_table(path: Path, row: str, what: str) -> dict[str, float]:
    """Return a number of a table in CSV."""
    frame = pd.read_csv(path)
    lines = frame[(frame["row"] == row) & (frame["metric"] == what)].to_dict("records")
    return _pick_numbers(lines[0] if lines else {})


def _pick_numbers(entry: Mapping[Any, Any]) -> dict[str, float]:
    known = {name: float(entry[name]) for name in ("mean", "low", "high") if entry.get(name) is not None}
    return {name: value for name, value in known.items() if math.isfinite(value)}


def _format_entry(found: Mapping[str, float], decimals: int) -> str:
    """Return a mean without its leading zero; one with an interval is a difference and has its sign."""
    if "low" not in found:
        return _drop_zero(f"{found['mean']:.{decimals}f}")
    mean, low, high = (_drop_zero(f"{found[name]:+.{decimals}f}") for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def _drop_zero(text: str) -> str:
    """Return a decimal number below one without the zero before its point.

    >>> _drop_zero("-0.42"), _drop_zero("+10.50"), _drop_zero("0")
    ('-.42', '+10.50', '0')
    """
    return re.sub(r"^([+-]?)0\.", r"\1.", text)


def render_study_table(source: str) -> str:
    """Return the lines of a study's table in Markdown, without heading and notes.

    Args:
        source: ``TABLE#RELEASE``, e.g. ``dose_invented#hallucination``.

    Raises:
        UserError: the release or the table does not exist.
    """
    key, _, release = source.partition("#")
    tables = _compute_study_tables(release)
    if key not in tables:
        hint = f"there are: {', '.join(tables)}"
        raise UserError("A mark names a table that does not exist", where=source, hint=hint)
    return "".join(f"{line}\n" for line in render_markdown(tables[key]).splitlines() if line.startswith("|"))


@cache
def _compute_study_tables(release: str) -> dict[str, Table]:
    from .analysis.results import Results
    from .studies.write_summary import make_study_tables

    with tempfile.TemporaryDirectory(prefix="sspbench-numbers-") as place:
        plans = [unpack_release(part, Path(place)) for part in find_release_parts(PUBLISHED / release)]
        several = {plan.layout.dataset: Results(plan, partial=True) for plan in plans}
        return {table.key: table for table in make_study_tables(several)}
