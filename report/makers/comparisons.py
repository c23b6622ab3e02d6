"""The tables of tests: every method against a reference, mean ranks, every two methods."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..record import Cell, Column, Row, Table
from ..results import Results
from ..statistics import friedman, paired_tests
from .lines import lines

PAIRED = (
    Column("row", "Method", form="words"),
    Column("reference", "Against", form="words"),
    Column("n", "n", decimals=0),
    Column("difference", "Difference [95 % CI]"),
    Column("p_holm", "p (Holm)", form="p"),
    Column("rank_biserial", "Rank-biserial", decimals=2),
)
"""Columns of the paired tests."""


def comparisons(results: Results) -> Iterator[Table]:
    """Yield the paired tests against the untouched input and against the paper's method."""
    frame = paired_tests(results.compared)
    labels = results.labels
    rows = tuple(
        Row(
            line.metric,
            results.measures[line.metric].label,
            (
                Cell(labels[line.row]),
                Cell(labels[line.reference]),
                Cell(mean=float(line.n)),
                Cell(mean=line.difference, low=line.ci_low, high=line.ci_high, n=int(line.n), note=line.note),
                Cell(mean=line.p_holm, n=int(line.n), note=line.note),
                Cell(mean=line.rank_biserial, n=int(line.n)),
            ),
        )
        for line in lines(_main(results, frame))
    )
    if rows:
        notes = tuple(_test_notes(frame))
        title = "Paired differences over test images"
        yield Table("tests", title, PAIRED, rows, head="Measure", notes=notes, data=frame)


def _main(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the measures of Tables 1 and 2."""
    names = [measure.name for measure in results.main_measures]
    return frame[frame["metric"].isin(names)]


def _test_notes(frame: pd.DataFrame) -> Iterator[str]:
    yield (
        "Wilcoxon signed-rank on seed means, Holm over the methods compared with one reference; interval: "
        + "; ".join(sorted(set(frame["ci_method"]) - {""}))
        + ". All measures: tests.csv."
    )
    for note, part in frame[frame["note"] != ""].groupby("note"):
        yield f"{len(part)} comparisons: {note}."


def ranks(results: Results) -> Iterator[Table]:
    """Yield the mean ranks with Nemenyi's critical difference, then Nemenyi's test of every two methods."""
    better = {name: measure.better for name, measure in results.measures.items() if measure.better != "none"}
    scores = results.compared
    overall, ranked, pairs = friedman(scores[scores["metric"].isin(better)], better)
    tested = _main(results, overall[np.isfinite(overall["p"])])
    if tested.empty:
        return
    data = ranked.merge(overall, on=["dataset", "preset", "metric"])
    yield _rank_table(results, tested, ranked.pivot(index="metric", columns="row", values="mean_rank"), data)
    yield _pair_table(results, pairs[pairs["metric"].isin(tested["metric"])], pairs)


def _rank_table(results: Results, tested: pd.DataFrame, wide: pd.DataFrame, data: pd.DataFrame) -> Table:
    names = [name for name in results.labels if name in wide.columns]
    methods = tuple(Column(name, results.labels[name], better="lower", decimals=2) for name in names)
    columns = (
        *methods,
        Column("critical_difference", "CD", decimals=2),
        Column("p", "p (Friedman)", form="p"),
    )
    rows = tuple(
        Row(
            line.metric,
            results.measures[line.metric].label,
            (
                *(Cell(mean=wide[name][line.metric], n=int(line.n)) for name in names),
                Cell(mean=line.critical_difference, n=int(line.n)),
                Cell(mean=line.p, n=int(line.n)),
            ),
        )
        for line in lines(tested)
    )
    note = "Rank 1 is best. Methods whose mean ranks differ by less than CD (Nemenyi, 5 %) are not told apart."
    return Table("ranks", "Mean ranks over test images", columns, rows, head="Measure", notes=(note,), data=data)


PAIRS = (
    Column("row", "Method", form="words"),
    Column("other", "Other method", form="words"),
    Column("rank_difference", "Difference of ranks", decimals=2),
    Column("p_nemenyi", "p (Nemenyi)", form="p"),
)
"""Columns of Nemenyi's test."""


def _pair_table(results: Results, shown: pd.DataFrame, pairs: pd.DataFrame) -> Table:
    labels = results.labels
    rows = tuple(
        Row(
            line.metric,
            results.measures[line.metric].label,
            (
                Cell(labels[line.row]),
                Cell(labels[line.other]),
                Cell(mean=line.rank_difference),
                Cell(mean=line.p_nemenyi),
            ),
        )
        for line in lines(shown)
    )
    return Table("nemenyi", "Nemenyi's test of every two methods", PAIRS, rows, head="Measure", data=pairs)
