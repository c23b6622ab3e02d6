"""The tables: mean and spread of every measure for every row, as CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from sspbench.contract import Measure
from sspbench.files import write_text

from .results import Results, Row

ARROWS = {"higher": "↑", "lower": "↓", "none": ""}


@dataclass(frozen=True)
class Cell:
    """A table cell: text, and whether it is the best of its column."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Table:
    """A table ready to be written.

    Attributes:
        name: File name without ending.
        title: Caption.
        columns: Column heads; the first is the row label's.
        rows: Cells, row by row; the first of each is the label.
        data: The same numbers in full, for CSV.
        notes: Lines below the table.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    data: pd.DataFrame
    notes: Sequence[str] = field(default=())


def summary(scores: pd.DataFrame, row: str, metric: str) -> dict[str, float]:
    """Return mean, spreads and counts of one row and metric.

    ``mean``: over images of the mean over seeds. ``sd_images``: sample standard deviation over images of the
    seed means. ``sd_seeds``: over seeds of the means over images; NaN with one seed. ``n``: images with a value,
    ``missing``: images without.
    """
    part = scores[(scores["row"] == row) & (scores["metric"] == metric)]
    table = part.pivot_table(index="image", columns="seed", values="value", dropna=False, aggfunc="first")
    by_image = table.mean(axis=1)
    by_seed = table.mean(axis=0)
    return {
        "mean": float(by_image.mean()),
        "sd_images": float(by_image.std(ddof=1)) if by_image.count() > 1 else float("nan"),
        "sd_seeds": float(by_seed.std(ddof=1)) if by_seed.count() > 1 else float("nan"),
        "n": int(by_image.count()),
        "missing": int(by_image.isna().sum()),
        "seeds": int(by_seed.count()),
    }


def measure_table(results: Results, name: str, title: str, rows: Sequence[Row], measures: Sequence[Measure]) -> Table:
    """Return a table of measures (columns) by methods (rows), mean ± sd over images, best in bold."""
    frame = pd.DataFrame(_records(results, rows, measures))
    best = {measure.name: _best(frame, measure, rows) for measure in measures}
    body = [[Cell(_label(results, row)), *_cells(results, frame, row, measures, best)] for row in rows]
    heads = ["Method", *(f"{measure.label} {ARROWS[measure.better]}".strip() for measure in measures)]
    return Table(name, title, heads, body, frame, list(_notes(results, frame, rows, measures)))


def _records(results: Results, rows: Sequence[Row], measures: Sequence[Measure]) -> Iterator[dict[str, object]]:
    for row in rows:
        status = results.ended(row)
        for measure in measures:
            facts = summary(results.scores, row.id, measure.name) if status == "done" else {}
            yield {
                "row": row.id,
                "label": row.label,
                "metric": measure.name,
                "better": measure.better,
                "unit": measure.unit,
                "mean": facts.get("mean", float("nan")),
                "sd_images": facts.get("sd_images", float("nan")),
                "sd_seeds": facts.get("sd_seeds", float("nan")),
                "n": facts.get("n", 0),
                "missing": facts.get("missing", 0),
                "seeds": facts.get("seeds", 0),
                "status": status,
            }


def _best(frame: pd.DataFrame, measure: Measure, rows: Sequence[Row]) -> float:
    if measure.better == "none" or len(rows) < 2:
        return float("nan")
    means = frame.loc[frame["metric"] == measure.name, "mean"].dropna()
    if means.empty:
        return float("nan")
    return float(means.max() if measure.better == "higher" else means.min())


def _cells(
    results: Results, frame: pd.DataFrame, row: Row, measures: Sequence[Measure], best: dict[str, float]
) -> Iterator[Cell]:
    ended = results.ended(row)
    for measure in measures:
        if ended != "done":
            yield Cell(ended.partition(":")[0])
            continue
        facts = frame[(frame["row"] == row.id) & (frame["metric"] == measure.name)].iloc[0]
        if np.isnan(facts["mean"]):
            yield Cell("n/a")
            continue
        spread = "" if np.isnan(facts["sd_images"]) else f" ± {facts['sd_images']:.{measure.decimals}f}"
        if not np.isnan(facts["sd_seeds"]):
            spread += f" ({facts['sd_seeds']:.{measure.decimals}f})"
        yield Cell(f"{facts['mean']:.{measure.decimals}f}{spread}", bool(facts["mean"] == best[measure.name]))


def _label(results: Results, row: Row) -> str:
    notes = results.notes(row)
    return f"{row.label} ({'; '.join(notes)})" if notes else row.label


def _notes(results: Results, frame: pd.DataFrame, rows: Sequence[Row], measures: Sequence[Measure]) -> Iterator[str]:
    counts = sorted(set(frame.loc[frame["status"] == "done", "n"]))
    seeds = sorted(set(frame.loc[frame["status"] == "done", "seeds"]))
    span = "–".join(str(count) for count in ([counts[0], counts[-1]] if len(counts) > 1 else counts))
    yield f"Mean ± standard deviation over n = {span} test images; best mean in bold."
    if seeds and seeds[-1] > 1:
        yield f"Over {seeds[-1]} seeds: the sd after ± is over images (of seed means), that in brackets over seeds."
    for row in rows:
        if results.ended(row) != "done":
            yield f"{row.label}: {results.ended(row)}"
    for measure in measures:
        part = frame[(frame["metric"] == measure.name) & (frame["missing"] > 0)]
        for _, line in part.iterrows():
            yield f"{line['label']}, {measure.label}: undefined for {line['missing']} images, left out of the mean."


def markdown(table: Table) -> str:
    """Return the table as GitHub Markdown."""
    lines = [f"**{table.title}**", "", "| " + " | ".join(table.columns) + " |"]
    lines.append("| --- |" + " ---: |" * (len(table.columns) - 1))
    for row in table.rows:
        texts = [cell.text.replace("|", "\\|") for cell in row]
        marked = [f"**{text}**" if cell.best else text for text, cell in zip(texts, row, strict=True)]
        lines.append("| " + " | ".join(marked) + " |")
    lines += ["", *table.notes, ""]
    return "\n".join(lines)


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
    """Return the table as a LaTeX table environment (needs booktabs)."""
    heads = " & ".join(tex_text(column) for column in table.columns)
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{tex_text(table.title)}}}", rf"\label{{tab:{table.name}}}"]
    lines += [rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}", r"\toprule", heads + r" \\", r"\midrule"]
    for row in table.rows:
        cells = [rf"\textbf{{{tex_text(cell.text)}}}" if cell.best else tex_text(cell.text) for cell in row]
        lines.append(" & ".join(cells) + r" \\")
    lines += [
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par {tex_text(note)}" for note in table.notes),
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def write_table(table: Table, folder: Path) -> None:
    """Write ``<name>.csv``, ``.md`` and ``.tex``."""
    write_text(folder / f"{table.name}.csv", table.data.to_csv(index=False, float_format="%.10g", lineterminator="\n"))
    write_text(folder / f"{table.name}.md", markdown(table))
    write_text(folder / f"{table.name}.tex", latex(table))
