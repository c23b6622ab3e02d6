"""The value of a mark: a number of a release's record, or a table computed from the scores of releases."""

from __future__ import annotations

import math
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
from sspbench.releases.release_folder import PUBLISHED_DIR, find_release_parts, natural_sort_key

from ..tables.record import Table
from ..tables.render.markdown import render_markdown

PUBLISHED = ROOT / "results" / PUBLISHED_DIR
DEFAULT_DECIMALS = 3

# The record of the answer; the other tables are CSV.
PRIMARY_TABLE = "primary"

# The name of the newest release of the benchmark itself, so that a new one needs no edit of the pages.
NEWEST_MARK = "v*"


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
    found = _read_primary(path, row, what) if path.suffix == ".json" else _read_table(path, row, what)
    if not found or not math.isfinite(found["mean"]):
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
    if entry is None:
        return {}
    return _pick_numbers(entry) if isinstance(entry, Mapping) else {"mean": float(entry)}


def _read_table(path: Path, row: str, what: str) -> dict[str, float]:
    """Return a number of a table in CSV."""
    frame = pd.read_csv(path)
    lines = frame[(frame["row"] == row) & (frame["metric"] == what)].to_dict("records")
    return _pick_numbers(lines[0]) if lines else {}


def _pick_numbers(entry: Mapping[Any, Any]) -> dict[str, float]:
    kept = {name: float(entry[name]) for name in ("mean", "low", "high") if entry.get(name) is not None}
    return {name: value for name, value in kept.items() if math.isfinite(value)} if "mean" in kept else {}


def _format_entry(found: Mapping[str, float], decimals: int) -> str:
    """Return a mean without its leading zero; one with an interval is a difference and has its sign."""
    if "low" not in found:
        return _drop_zero(f"{found['mean']:.{decimals}f}")
    mean, low, high = (_drop_zero(f"{found[name]:+.{decimals}f}") for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def _drop_zero(text: str) -> str:
    """Return a number below one without the zero before its point.

    >>> _drop_zero("-0.42"), _drop_zero("+10.50")
    ('-.42', '+10.50')
    """
    sign = text[:1] if text[:1] in "+-" else ""
    return sign + text[len(sign) :].removeprefix("0") if "." in text else text


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
        raise UserError(
            "A mark names a table that does not exist", where=source, hint=f"there are: {', '.join(tables)}"
        )
    return "".join(f"{line}\n" for line in render_markdown(tables[key]).splitlines() if line.startswith("|"))


@cache
def _compute_study_tables(release: str) -> dict[str, Table]:
    from ..analysis.results import Results
    from ..studies.write_summary import make_study_tables

    with tempfile.TemporaryDirectory(prefix="sspbench-numbers-") as place:
        plans = [unpack_release(part, Path(place)) for part in find_release_parts(PUBLISHED / release)]
        several = {plan.layout.dataset: Results(plan, partial=True) for plan in plans}
        return {table.key: table for table in make_study_tables(several)}
