"""Computes the primary analysis from the results: the rows with their gains, then the words (``primary_words.py``)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from sspbench.config.external_rows import EXTERNAL_KIND

from . import primary_words as words
from .primary import NAN, Gain, PrimaryAnalysis, PrimaryRow
from .results import MethodRow, Results
from .statistics import MIN_TRAININGS, Compared, compare, difference_to
from .subject import CLEAN, ORACLE, PRIMARY, TRIVIAL, UNTOUCHED

ASIDE = ("untouched", TRIVIAL, ORACLE)
"""Groups of which the headline does not say whether they beat the best trivial row."""


def analyse(results: Results) -> PrimaryAnalysis:
    """Return the primary analysis of a run, or the record that says why there is none."""
    grids = _grids(results)
    absent = words.absent(results, grids)
    if absent is not None:
        return absent
    rival = results.best_trivial
    found = PrimaryAnalysis(
        headline="",
        measure=PRIMARY,
        label=results.measures[PRIMARY].label,
        reference=UNTOUCHED,
        rival=rival or "",
        ceiling=CLEAN if CLEAN in grids else "",
        rows=tuple(_rows(results, grids, rival)),
    )
    return words.said(_counted(found), results)


def _grids(results: Results) -> dict[str, pd.DataFrame]:
    """Return the (images, seeds) values of the rows that did not fail and have any."""
    done = [row.id for row in results.rows if results.ended(row) == "done"]
    values = {row: results.values(row, PRIMARY) for row in done}
    return {key: grid for key, grid in values.items() if grid.notna().to_numpy().any()}


def _rows(results: Results, grids: Mapping[str, pd.DataFrame], rival: str | None) -> Iterator[PrimaryRow]:
    compared = {row.id for row in results.compared_rows}
    tested = {key: grid for key, grid in grids.items() if key in compared}
    gains = compare(tested, UNTOUCHED, "higher", results.clusters, (), results.once)
    rivals = {} if rival is None else compare(tested, rival, "higher", results.clusters, (UNTOUCHED,), results.once)
    gap = _gap(grids, results)
    for row in results.rows:
        gain = _gain(gains.get(row.id))
        if row.group == ORACLE and row.id in grids:
            gain = _untested(grids, row.id, results)
        yield _with_nerves(
            PrimaryRow(
                row.id,
                row.label,
                row.group,
                row.heading,
                status=results.ended(row),
                contender=row.group not in ASIDE and not row.ablation,
                learned=row.runs[0].is_learned and not row.runs[0].is_untrained,
                mean=results.summary(row.id, PRIMARY).mean,
                gain=gain,
                rival=_gain(rivals.get(row.id)),
                closed=NAN if gain is None or math.isnan(gap) else gain.mean / gap,
            ),
            row,
            results,
        )


def _gain(line: Compared | None) -> Gain | None:
    if line is None:
        return None
    found = line.found
    return Gain(
        found.difference, found.low, found.high, line.p_holm, line.verdict,
        found.trainings, found.images, found.clusters, found.note,
    )  # fmt: skip


def _untested(grids: Mapping[str, pd.DataFrame], row: str, results: Results) -> Gain | None:
    """Return the gain of a row that enters no test: the truth is no method."""
    found, _left_out = difference_to(grids[row], grids[UNTOUCHED], results.clusters)
    if found is None:
        return None
    seen = (found.trainings, found.images, found.clusters, found.note)
    return Gain(found.difference, found.low, found.high, NAN, "", *seen)


def _gap(grids: Mapping[str, pd.DataFrame], results: Results) -> float:
    """Return by how much the clean image is above the untouched one; NaN where it is not or is unknown."""
    whole = _untested(grids, CLEAN, results) if CLEAN in grids else None
    return whole.mean if whole is not None and whole.mean > 0 else NAN


def _with_nerves(line: PrimaryRow, row: MethodRow, results: Results) -> PrimaryRow:
    lost, invented = (results.summary(row.id, name).mean for name in ("lost", "hallucinated"))
    return replace(
        line, lost=lost, invented=invented, excess=invented - results.summary(CLEAN, "hallucinated").mean
    )  # fmt: skip


def _counted(found: PrimaryAnalysis) -> PrimaryAnalysis:
    """Add how many trainings, images and subjects the comparisons rest on: those of the contender with fewest."""
    known = [row for row in found.rows if row.group != ORACLE]
    gains = [row.gain for row in known if row.gain is not None]
    if not gains:
        return found
    repeated = [row.gain for row in known if row.gain is not None and row.group != EXTERNAL_KIND]
    trainings = min(gain.trainings for gain in repeated or gains)
    images, clusters = min((gain.images, gain.clusters) for gain in gains)
    return replace(
        found, trainings=trainings, images=images, clusters=clusters, tested=trainings >= MIN_TRAININGS
    )  # fmt: skip
