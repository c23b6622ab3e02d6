"""The tables of the page, read back from the table files, so that the page can be rebuilt from them alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from audit.published import Published
from audit.quantity import find_quantity
from sspbench.files import read_json

LEVEL = 0.05
"""Corrected p below which a difference is marked."""


@dataclass(frozen=True)
class ShownCell:
    """A cell of the page.

    Attributes:
        text: What stands in it.
        best: Whether it is the best of its column.
        key: What it is sorted by; empty where there is no number.
        anchor: Its id, for links.
        paper: The published value, empty for none.
        marks: Results of tests, as (symbol, meaning).
        failed: Whether the row has no result.
    """

    text: str
    best: bool = False
    key: str = ""
    anchor: str = ""
    paper: str = ""
    marks: tuple[tuple[str, str], ...] = ()
    failed: bool = False


@dataclass(frozen=True)
class ShownTable:
    """A table of the page."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[ShownCell]]
    notes: Sequence[str] = field(default=())

    @property
    def wordy(self) -> list[bool]:
        """Which columns hold words rather than numbers."""
        columns = [[row[index] for row in self.rows] for index in range(len(self.columns))]
        return [
            any(cell.text and not cell.key and not cell.failed and cell.text not in NO_NUMBER for cell in column)
            or not any(cell.key or cell.failed for cell in column)
            for column in columns
        ]


NO_NUMBER = frozenset({"n/a", "–"})
"""What stands where there is no number."""

NUMBER = re.compile(r"<?(?P<value>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?: ± [\d.]+)?(?: \[.*\])?")
"""A number as tables print it: with a spread, or an interval, or a bound."""


class Shelf:
    """The tables of a results folder by name.

    Args:
        folder: Where ``index.json`` and the tables lie.
        published: The paper's tables, set beside ours.
    """

    def __init__(self, folder: Path, published: Published) -> None:
        self.folder, self.published = folder, published
        index = folder / "index.json"
        self.titles: dict[str, str] = read_json(index) if index.is_file() else {}

    def table(self, name: str) -> ShownTable | None:
        """Return a table, or None where the run left none."""
        path = self.folder / f"{name}.md"
        if name not in self.titles or not path.is_file():
            return None
        shown = parse_markdown(name, self.titles[name], path.read_text())
        frame = self.frame(name)
        if frame is not None and {"row", "metric", "mean", "status"} <= set(frame):
            return self._measured(shown, frame)
        return shown

    def frame(self, name: str) -> pd.DataFrame | None:
        """Return the full numbers of a table, or None."""
        path = self.folder / f"{name}.csv"
        if name not in self.titles or not path.is_file():
            return None
        texts = {"note": str, "reasons": str, "status": str}
        return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""]).fillna({"note": "", "status": ""})

    def _measured(self, shown: ShownTable, frame: pd.DataFrame) -> ShownTable:
        """Add to a table of measures what sorting, links, tests and the paper give."""
        rows, metrics = list(dict.fromkeys(frame["row"])), list(dict.fromkeys(frame["metric"]))
        values = frame.set_index(["row", "metric"])
        tests = self._tests()
        body = []
        for row, cells in zip(rows, shown.rows, strict=True):
            line = [cells[0]]
            for metric, cell in zip(metrics, cells[1:], strict=True):
                facts = values.loc[(row, metric)]
                line.append(
                    replace(
                        cell,
                        key="" if pd.isna(facts["mean"]) else repr(float(facts["mean"])),
                        anchor=anchor(shown.name, row, metric),
                        paper=paper_cell(self.published, shown.name, row, metric),
                        marks=_marks(tests, row, metric, facts["better"]),
                        failed=facts["status"] != "done",
                    )
                )
            body.append(line)
        return replace(shown, rows=body)

    def _tests(self) -> pd.DataFrame | None:
        frame = self.frame("tests")
        return None if frame is None else frame.set_index(["row", "reference", "metric"])

    @property
    def rest(self) -> list[str]:
        """The names of tables that no section asks for."""
        return [name for name in self.titles if name not in PLACED]


PLACED = frozenset(
    {"table1_quality", "table2_segmentation", "table3_ablation", "paper_delta", "truth", "morphometry", "extra"}
    | {"tests", "ranks", "nemenyi", "audit_paper", "audit_claims", "audit_own", "definition_sensitivity"}
)
"""Tables that have their place in a section."""


def anchor(table: str, row: str, metric: str) -> str:
    """Return the id of a cell."""
    return "cell-" + re.sub(r"[^A-Za-z0-9_-]", "-", f"{table}-{row}-{metric}")


def row_of(mapping: Mapping[str, str]) -> str:
    """Return our row id of a published method's ``ours`` entry."""
    return mapping["method"] + (f"+{mapping['variant']}" if mapping.get("variant") else "")


def paper_cell(published: Published, table: str, row: str, metric: str) -> str:
    """Return the published mean ± sd that belongs to a cell of ours, empty where there is none."""
    quantity = find_quantity(metric)
    theirs = published.tables.get(table)
    if theirs is None or quantity is None or quantity.key not in theirs.rows:
        return ""
    for index, method in enumerate(theirs.methods):
        mapping = published.ours[table].get(method)
        if mapping is not None and row_of(mapping) == row:
            line = theirs.rows[quantity.key]
            return f"{line.mean[index]:.4f} ±\N{NO-BREAK SPACE}{line.spread[index]:.4f}"
    return ""


REFERENCES = {"identity": ("▲", "▼", "Origin"), "sspnet": ("△", "▽", "SSP-Net")}
"""Marks of significantly better and worse than a reference, and its name."""


def _marks(tests: pd.DataFrame | None, row: str, metric: str, better: str) -> tuple[tuple[str, str], ...]:
    found = []
    for reference, (up, down, name) in REFERENCES.items():
        if tests is None or better == "none" or (row, reference, metric) not in tests.index:
            continue
        line = tests.loc[(row, reference, metric)]
        if pd.isna(line["p_holm"]) or line["p_holm"] >= LEVEL:
            continue
        gain = (line["difference"] > 0) == (better == "higher")
        p = "< 0.001" if line["p_holm"] < 0.001 else f"= {line['p_holm']:.3f}"
        found.append((up if gain else down, f"{'better' if gain else 'worse'} than {name}, p {p} (Holm)"))
    return tuple(found)


def parse_markdown(name: str, title: str, text: str) -> ShownTable:
    r"""Read a table that ``report.tables.markdown`` wrote: title, heads, rule, rows, notes.

    >>> parse_markdown("t", "T", "**T**\n\n| a | b |\n| --- | ---: |\n| x | **1** |\n\nNote.\n").rows[0][1]
    ShownCell(text='1', best=True, key='1', anchor='', paper='', marks=(), failed=False)
    """
    lines = text.splitlines()
    grid = [_split(line) for line in lines if line.startswith("|")]
    after = max((number for number, line in enumerate(lines) if line.startswith("|")), default=0)
    rows = [[_cell(cell) for cell in line] for line in grid[2:]]
    return ShownTable(name, title, grid[0] if grid else [], rows, [line for line in lines[after + 1 :] if line])


def _split(line: str) -> list[str]:
    parts = re.split(r"(?<!\\)\|", line.strip()[1:-1])
    return [part.strip().replace("\\|", "|") for part in parts]


def _cell(text: str) -> ShownCell:
    best = len(text) > 4 and text.startswith("**") and text.endswith("**")
    plain = text[2:-2] if best else text
    number = NUMBER.fullmatch(plain)
    return ShownCell(plain.replace("± ", "±\N{NO-BREAK SPACE}"), best, number["value"] if number else "")
