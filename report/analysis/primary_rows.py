"""Computes the primary analysis from the results: the rows with their gains, then the sentences (``sentences.py``)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from sspbench.config.external_rows import EXTERNAL_KIND

from . import sentences as words
from .low_segmenter import add_low_gains
from .numbers import NAN
from .paper import CLEAN_ROW, ORACLE_GROUP, PRIMARY_MEASURE, TRIVIAL_GROUP, UNTOUCHED_ROW
from .primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from .results import MethodRow, Results
from .row_ranks import rank_table_rows
from .statistics import MIN_TRAININGS, PairedComparison, compare_grids, compare_rows

# Groups that the headline does not compare with the best trivial row.
NON_CONTENDER_GROUPS = ("untouched", TRIVIAL_GROUP, ORACLE_GROUP)


def analyse_primary(results: Results) -> PrimaryAnalysis:
    """Return the primary analysis of a run, or a record that says why it cannot be made."""
    grids = _load_grids(results)
    absent = words.unavailable(results, grids)
    if absent is not None:
        return absent
    rival = results.best_trivial
    found = PrimaryAnalysis(
        headline="",
        measure=PRIMARY_MEASURE,
        label=results.measures[PRIMARY_MEASURE].label,
        reference=UNTOUCHED_ROW,
        rival=rival or "",
        ceiling=CLEAN_ROW if CLEAN_ROW in grids else "",
        rows=add_low_gains(tuple(_make_rows(results, grids, rival)), results),
    )
    return words.add_sentences(_add_counts(found), results)


def _load_grids(results: Results) -> dict[str, pd.DataFrame]:
    """Return the (images, seeds) values of the rows that did not fail and have any."""
    done = [row.id for row in results.rows if results.status_text(row) == "done"]
    values = {row: results.values(row, PRIMARY_MEASURE) for row in done}
    return {key: grid for key, grid in values.items() if grid.notna().to_numpy().any()}


def _make_rows(results: Results, grids: Mapping[str, pd.DataFrame], rival: str | None) -> Iterator[PrimaryRow]:
    compared = {row.id for row in results.tested_rows}
    tested = {key: grid for key, grid in grids.items() if key in compared}
    gains = compare_rows(tested, UNTOUCHED_ROW, "higher", results.clusters, (), results.external_row_ids)
    rivals = (
        {}
        if rival is None
        else compare_rows(tested, rival, "higher", results.clusters, (UNTOUCHED_ROW,), results.external_row_ids)
    )
    gap = _compute_gap(grids, results)
    ranks = rank_table_rows(results, results.rows_in_table("segmentation"), PRIMARY_MEASURE)
    for row in results.rows:
        gain = _make_gain(gains.get(row.id))
        if row.group == ORACLE_GROUP and row.id in grids:
            gain = _compute_untested_gain(grids, row.id, results)
        yield _add_length_errors(
            PrimaryRow(
                row.id,
                row.label,
                row.group,
                row.heading,
                status=results.status_text(row),
                contender=row.group not in NON_CONTENDER_GROUPS and not row.is_ablation,
                learned=row.runs[0].is_learned and not row.runs[0].is_untrained,
                mean=results.summary(row.id, PRIMARY_MEASURE).mean,
                gain=gain,
                vs_best_trivial=_make_gain(rivals.get(row.id)),
                gap_closed=NAN if gain is None or math.isnan(gap) else gain.mean / gap,
                rank=ranks.get(row.id),
            ),
            row,
            results,
        )


def _make_gain(line: PairedComparison | None) -> Gain | None:
    if line is None:
        return None
    found = line.estimate
    return Gain(
        found.difference, found.low, found.high, line.p_holm, line.verdict,
        found.trainings, found.images, found.clusters, found.note,
    )  # fmt: skip


def _compute_untested_gain(grids: Mapping[str, pd.DataFrame], row: str, results: Results) -> Gain | None:
    """Return the gain of a row that enters no test: the truth is not a method."""
    found, _left_out = compare_grids(grids[row], grids[UNTOUCHED_ROW], results.clusters)
    if found is None:
        return None
    seen = (found.trainings, found.images, found.clusters, found.note)
    return Gain(found.difference, found.low, found.high, NAN, "", *seen)


def _compute_gap(grids: Mapping[str, pd.DataFrame], results: Results) -> float:
    """Return by how much the clean image is above the untouched one; NaN where it is not or is unknown."""
    whole = _compute_untested_gain(grids, CLEAN_ROW, results) if CLEAN_ROW in grids else None
    return whole.mean if whole is not None and whole.mean > 0 else NAN


def _add_length_errors(line: PrimaryRow, row: MethodRow, results: Results) -> PrimaryRow:
    lost, invented = (results.summary(row.id, name).mean for name in ("lost", "hallucinated"))
    excess = invented - results.summary(CLEAN_ROW, "hallucinated").mean
    return replace(line, lost=lost, invented=invented, excess=excess)


def _add_counts(found: PrimaryAnalysis) -> PrimaryAnalysis:
    """Add how many trainings, images and subjects the comparisons rest on: those of the contender with fewest."""
    known = [row for row in found.rows if row.group != ORACLE_GROUP]
    gains = [row.gain for row in known if row.gain is not None]
    if not gains:
        return found
    repeated = [row.gain for row in known if row.gain is not None and row.group != EXTERNAL_KIND]
    trainings = min(gain.trainings for gain in repeated or gains)
    images, clusters = min((gain.images, gain.clusters) for gain in gains)
    is_tested = trainings >= MIN_TRAININGS
    return replace(found, trainings=trainings, images=images, clusters=clusters, tested=is_tested)
