"""The tables of comparisons: every row against the references in every measure, and mean ranks."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ..analysis.paper import list_claimed_row_pairs, load_paper
from ..analysis.results import Results
from ..analysis.statistics.paired_tests import (
    compare_claimed_pairs,
    compare_with_references,
    describe_replication,
    describe_unrepeated,
)
from ..analysis.statistics.summary import compute_mean_ranks
from .record import Cell, Column, Row, Table, iter_lines

PAIRED_TABLE_COLUMNS = (
    Column("row", "Method", form="words"),
    Column("reference", "Minus", form="words"),
    Column("trainings", "Trainings", decimals=0),
    Column("n", "Images", decimals=0),
    Column("difference", "Difference [95 % CI]"),
    Column("p_holm", "p (Holm)", form="p"),
    Column("verdict", "Verdict", form="words"),
)


def make_tests_table(results: Results) -> Iterator[Table]:
    """Yield the differences to the untouched input and to the best trivial row, with p where there are trainings."""
    frame = compare_with_references(
        results.tested_scores, results.references, results.better, results.clusters, results.external_row_ids
    )
    title = "Differences to the untouched image and to the best trivial row"
    note = "Row minus reference, paired by seed and image; the primary measure is Dice. All measures: tests.csv."
    yield from _make_table("tests", title, results, frame, note)


def make_claim_tests_table(results: Results) -> Iterator[Table]:
    """Yield the differences of the rows that the paper's claims set against each other and no other table compares.

    Nothing on images that the paper is not about.
    """
    if not results.vocabulary.paper_applies:
        return
    known = {row.id for row in results.tested_rows}
    pairs = [pair for pair in list_claimed_row_pairs(load_paper()) if known.issuperset(pair)]
    pairs = [pair for pair in pairs if not set(pair) & set(results.references)]  # those are in the other table
    frame = compare_claimed_pairs(results.tested_scores, pairs, results.better, results.clusters)
    title = "Differences of the rows that the paper's claims compare"
    note = "Row minus reference, paired by seed and image; one family per measure. All measures: claim_tests.csv."
    yield from _make_table("claim_tests", title, results, frame, note)


def _make_table(key: str, title: str, results: Results, frame: pd.DataFrame, note: str) -> Iterator[Table]:
    """Yield the table of some comparisons, nothing without any: it shows the main measures, its CSV has all."""
    frame = frame[frame["metric"].isin(results.measures)]
    labels = results.labels
    rows = tuple(
        Row(
            line.metric,
            results.measures[line.metric].label,
            (
                Cell(labels[line.row]),
                Cell(labels[line.reference]),
                Cell(mean=float(line.trainings)),
                Cell(mean=float(line.n)),
                Cell(mean=line.difference, low=line.ci_low, high=line.ci_high, n=int(line.n), note=line.note),
                Cell(mean=line.p_holm, n=int(line.n), note=line.note),
                Cell(line.verdict),
            ),
        )
        for line in iter_lines(_select_main_measures(results, frame))
    )
    if rows:
        notes = (note, *_make_notes(results, frame))
        yield Table(key, title, PAIRED_TABLE_COLUMNS, rows, head="Measure", notes=notes, data=frame)


def _select_main_measures(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the measures of Tables 1 and 2."""
    names = [measure.name for measure in results.main_measures]
    return frame[frame["metric"].isin(names)]


def _make_notes(results: Results, frame: pd.DataFrame) -> Iterator[str]:
    repeated = frame[~frame["row"].isin(results.external_row_ids)]
    yield describe_replication(int((frame if repeated.empty else repeated)["trainings"].min()))
    if len(repeated) < len(frame):
        names = [row.label for row in results.tested_rows if row.id in results.external_row_ids]
        yield describe_unrepeated(names)
    for note, part in frame[frame["ci_low"].isna()].groupby("note"):
        yield f"{len(part)} comparisons: {note}."


def make_ranks_table(results: Results) -> Iterator[Table]:
    """Yield the mean ranks of the methods over images; they describe these images and test nothing."""
    ranked = compute_mean_ranks(
        results.tested_scores, {name: way for name, way in results.better.items() if way != "none"}
    )
    shown = _select_main_measures(results, ranked)
    if shown.empty or shown["k"].max() < 2:
        return
    wide = shown.pivot(index="metric", columns="row", values="mean_rank")
    counts = shown.groupby("metric")["n"].first()
    names = [name for name in results.labels if name in wide.columns]
    columns = tuple(Column(name, results.labels[name], better="lower", decimals=2) for name in names)
    rows = tuple(
        Row(
            str(metric),
            results.measures[str(metric)].label,
            tuple(Cell(mean=float(wide[name][metric]), n=int(counts[metric])) for name in names),
        )
        for metric in dict.fromkeys(shown["metric"])
    )
    note = "Rank 1 is best. Images do not replicate a method, so ranks over images are described, not tested."
    yield Table("ranks", "Mean ranks over test images", columns, rows, head="Measure", notes=(note,), data=ranked)
