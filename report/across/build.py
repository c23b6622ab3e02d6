"""Writes the summary above several data sets: tables, the figure where there are doses, and the index last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sspbench.files import write_json

from ..drawing.style import save, style
from ..record import Table
from ..rendering import write_table
from ..results import Results
from .budget import budget
from .doses import MEASURES, doses, drawn, table
from .order import order


def build(several: Mapping[str, Results], folder: Path) -> None:
    """Write everything that the results allow into ``folder``; ``index.json`` (headings by key) last."""
    index = {}
    for each in tables(several):
        write_table(each, folder)
        index[each.key] = each.heading
    if len(doses(several)) > 1:
        with style():
            found = drawn(several)
            save(found.figure, folder, "doses")
        index["doses.png"] = found.caption
    write_json(folder / "index.json", index)


def tables(several: Mapping[str, Results]) -> Iterator[Table]:
    """Yield the tables that the results allow."""
    if len(several) > 1:
        yield order(several)
    if len(doses(several)) > 1:
        yield from (table(several, metric) for metric in MEASURES)
    for results in several.values():
        found = budget(results)
        if found is not None:
            yield found
