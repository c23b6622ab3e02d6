"""Computes the primary analysis from the results: the rows with their gains, then the sentences (``sentences.py``)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial

import pandas as pd

from sspbench.config.external_rows import EXTERNAL_KIND

from . import sentences as words
from .numbers import NAN
from .paper import CLEAN_ROW, ORACLE_GROUP, PRIMARY_MEASURE, TRIVIAL_GROUP, UNTOUCHED_ROW
from .primary_analysis import Gain, PrimaryAnalysis, PrimaryRow, make_gain
from .results import Results
from .row_ranks import rank_table_rows
from .run_scores import read_low_grids
from .statistics.crossed_effects import MIN_TRAININGS
from .statistics.paired_tests import PairedComparison, compare_grids, compare_rows
from .statistics.summary import summarise

# Groups that the headline does not compare with the best trivial row.
NON_CONTENDER_GROUPS = ("untouched", TRIVIAL_GROUP, ORACLE_GROUP)


@lru_cache(maxsize=1)
def analyse_primary(results: Results) -> PrimaryAnalysis:
    """Return the primary analysis of a run, or a record that says why it cannot be made.

    Several tables ask for it. It is computed once for all of them: reading the scores of the control takes long.
    """
    grids = _load_grids(results)
    absent = words.unavailable(results, grids)
    if absent is not None:
        return absent
    found = PrimaryAnalysis(
        headline="",
        measure=PRIMARY_MEASURE,
        label=results.measures[PRIMARY_MEASURE].label,
        reference=UNTOUCHED_ROW,
        rival=results.best_trivial or "",
        ceiling=CLEAN_ROW if CLEAN_ROW in grids else "",
        rows=tuple(_make_rows(results, grids)),
    )
    return words.add_sentences(_add_counts(found), results)


def _load_grids(results: Results) -> dict[str, pd.DataFrame]:
    """Return the (images, seeds) values of the rows that did not fail and have any."""
    done = [row.id for row in results.rows if results.status_text(row) == "done"]
    values = {row: results.values(row, PRIMARY_MEASURE) for row in done}
    return {key: grid for key, grid in values.items() if grid.notna().to_numpy().any()}


def _load_low_grids(results: Results) -> dict[str, pd.DataFrame]:
    """Return the values under the segmenter trained on LQ images; empty without that control."""
    grids = read_low_grids(results.run_folder(run) for run in results.finished_runs)
    return grids if UNTOUCHED_ROW in grids else {}


def _make_rows(results: Results, grids: Mapping[str, pd.DataFrame]) -> Iterator[PrimaryRow]:
    compare = partial(compare_rows, better="higher", clusters=results.clusters, once=results.external_row_ids)
    tested = {row.id: grids[row.id] for row in results.tested_rows if row.id in grids}
    gains = compare(tested, UNTOUCHED_ROW)
    rival = results.best_trivial
    rivals = {} if rival is None else compare(tested, rival, without=(UNTOUCHED_ROW,))
    low_grids = _load_low_grids(results)
    low_gains = compare(low_grids, UNTOUCHED_ROW) if low_grids else {}
    gap = _compute_gap(grids, results)
    ranks = rank_table_rows(results, results.rows_in_table("segmentation"), PRIMARY_MEASURE)
    clean_invented = results.summary(CLEAN_ROW, "hallucinated").mean
    for row in results.rows:
        gain = _make_tested_gain(gains.get(row.id))
        if row.group == ORACLE_GROUP and row.id in grids:
            gain = _compute_untested_gain(grids, row.id, results)
        low_gain = low_gains.get(row.id)
        invented = results.summary(row.id, "hallucinated").mean
        yield PrimaryRow(
            row.id,
            row.label,
            row.group,
            row.heading,
            status=results.status_text(row),
            contender=row.group not in NON_CONTENDER_GROUPS and not row.is_ablation,
            learned=row.is_trained,
            mean=results.summary(row.id, PRIMARY_MEASURE).mean,
            gain=gain,
            vs_best_trivial=_make_tested_gain(rivals.get(row.id)),
            gap_closed=NAN if gain is None or math.isnan(gap) else gain.mean / gap,
            lost=results.summary(row.id, "lost").mean,
            invented=invented,
            excess=invented - clean_invented,
            rank=ranks.get(row.id),
            low_mean=summarise(low_grids[row.id]).mean if row.id in low_grids else NAN,
            low_gain=None if low_gain is None else make_gain(low_gain.estimate),
        )


def _make_tested_gain(line: PairedComparison | None) -> Gain | None:
    return None if line is None else make_gain(line.estimate, line.p_holm, line.verdict)


def _compute_untested_gain(grids: Mapping[str, pd.DataFrame], row: str, results: Results) -> Gain | None:
    """Return the gain of a row that enters no test: the truth is not a method."""
    found, _left_out = compare_grids(grids[row], grids[UNTOUCHED_ROW], results.clusters)
    return None if found is None else make_gain(found)


def _compute_gap(grids: Mapping[str, pd.DataFrame], results: Results) -> float:
    """Return by how much the clean image is above the untouched one; NaN where it is not or is unknown."""
    whole = _compute_untested_gain(grids, CLEAN_ROW, results) if CLEAN_ROW in grids else None
    return whole.mean if whole is not None and whole.mean > 0 else NAN


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
