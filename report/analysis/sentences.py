"""The sentences of the primary analysis: headline, gains, and what may not be concluded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from sspbench.config.external_rows import EXTERNAL_KIND
from sspbench.jobs.outcome import NOT_APPLICABLE

from .comparison_sentences import (
    describe_differences,
    describe_first_place,
    describe_low_segmenter,
    format_difference,
    join_names,
)
from .paper import ORACLE_GROUP, SCALE_CAVEATS, UNTOUCHED_ROW
from .primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from .results import Results
from .statistics.crossed_effects import MIN_TRAININGS
from .statistics.paired_tests import SIGNIFICANCE_LEVEL, describe_unrepeated

# The option that gives a run enough trainings for a verdict on methods.
FIVE_SEEDS_OPTION = "--config seeds=[0,1,2,3,4]"

NO_REFERENCE_ONLY = "The tables show no-reference measures of image quality instead; noise can raise those."


def unavailable(results: Results, grids: Mapping[str, pd.DataFrame]) -> PrimaryAnalysis | None:
    """Return a record that says why the primary analysis is missing, or None if it can be made."""
    if not grids and not results.plan.is_segmented:
        why = "No answer: no segmenter could be trained, since no HQ training image has a label (trainB_labels)."
        instead = NO_REFERENCE_ONLY
    elif not grids:
        easier = f"whether {results.vocabulary.plural} became easier to find"
        why = f"No answer: the test images have no labels, so nothing shows {easier}."
        instead = NO_REFERENCE_ONLY
    elif UNTOUCHED_ROW not in grids:
        why = "No answer: the untouched image has no scores, so gains cannot be computed."
        instead = "The tables show the means of every row instead."
    elif grids.keys() <= {UNTOUCHED_ROW, *(row.id for row in results.rows if row.group == ORACLE_GROUP)}:
        why = "No answer: no method has scores."
        instead = "; ".join(_describe_failures(results))
    else:
        return None
    return PrimaryAnalysis(headline=why, subline=instead, caveats=tuple(_describe_setting(results)))


def add_sentences(found: PrimaryAnalysis, results: Results) -> PrimaryAnalysis:
    """Return the analysis with its sentences.

    External rows were enhanced once, so no test applies to them. Where other rows have a test, the headline is about
    those alone.
    """
    contenders = [row for row in found.rows if row.contender]
    repeated = [row for row in contenders if row.group != EXTERNAL_KIND]
    headlined = replace(found, tested=found.tested and len(repeated) > 0)
    compared = repeated if headlined.tested else contenders
    return replace(
        found,
        headline=_write_headline(headlined, compared, results.vocabulary.plural),
        subline=_write_subline(headlined, compared, results),
        differences=tuple(describe_differences(headlined, compared)),
        caveats=(
            *_describe_replication(found),
            *describe_low_segmenter(found, contenders),
            *_describe_external_rows(found),
            *_describe_setting(results),
        ),
    )


def _write_headline(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow], structures: str) -> str:
    """Return the sentence on which methods beat the best trivial row; without trivial rows, the untouched image."""
    compared = _find_outcomes(found, contenders)
    rival = found.find_row(found.rival)
    mark = "the untouched image" if rival is None else f"the best trivial method ({rival.label})"
    where = _describe_reach(found, contenders)
    if not compared:
        return f"{where}, no method has scores to set against {mark}."
    winners = [row.label for row, outcome in compared if outcome == "beat"]
    if found.tested:
        verb = ("is shown to beat", "are shown to beat", "is not shown to beat")
        end = f"{mark} in segmenting {structures} ({found.label})"
    else:
        verb = ("has a higher", "have a higher", "does not have a higher")
        end = f"mean {found.label} than {mark}"
    if winners:
        whole = len(compared) == len(contenders)
        who, predicate = _name_winners(winners, len(compared), whole), verb[len(winners) > 1]
    elif len(compared) == 1:
        who, predicate = compared[0][0].label, verb[2]
    else:
        who, predicate = "no method", verb[0]
    return f"{who[0].upper()}{who[1:]} {predicate} {end}." if found.tested else f"{where}, {who} {predicate} {end}."


def _describe_reach(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow]) -> str:
    """Return how far the headline of a run without verdicts reaches."""
    if not any(row.learned for row in contenders):
        return "On these images"
    return "With these trained weights" if found.trainings < 2 else f"In these {found.trainings} trainings per method"


def _name_winners(labels: Sequence[str], compared: int, whole: bool) -> str:
    if len(labels) == compared > 1:
        return f"{'both' if compared == 2 else f'all {compared}'} methods{'' if whole else ' that finished'}"
    return f"only {labels[0]}" if len(labels) == 1 < compared else join_names(labels)


def _find_outcomes(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow]) -> list[tuple[PrimaryRow, str]]:
    """Return each contender with its outcome against the headline's reference: ``beat``, ``miss`` or ``lose``."""
    gains = [(row, row.vs_best_trivial if found.rival else row.gain) for row in contenders]
    return [(row, _judge_outcome(found, gain)) for row, gain in gains if gain is not None]


def _judge_outcome(found: PrimaryAnalysis, gain: Gain) -> str:
    if found.tested:
        return {"better": "beat", "worse": "lose"}.get(gain.verdict, "miss")
    return "beat" if gain.mean > 0 else "lose"


def _write_subline(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow], results: Results) -> str:
    return " ".join(
        [
            *describe_first_place(found),
            *_describe_references(found),
            *_describe_gains(found, contenders),
            *_describe_external_gains(found),
            *(f"{text}." for text in _describe_failures(results)),
        ]
    )


def _describe_references(found: PrimaryAnalysis) -> Iterator[str]:
    """Yield the means of the reference, of the best trivial row and of the ceiling."""
    reference = found.find_row(found.reference)
    parts = [] if reference is None else [f"{found.label} of the untouched image {reference.mean:.3f}"]
    rival, ceiling = found.find_row(found.rival), found.find_row(found.ceiling)
    if rival is not None:
        parts.append(f"of {rival.label} {rival.mean:.3f}")
    if ceiling is not None:
        parts.append(f"of the clean image, the ceiling, {ceiling.mean:.3f}")
    yield ", ".join(parts) + ("." if rival is not None else "; no trivial method was run.")


def _describe_gains(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow]) -> Iterator[str]:
    known = [(row, row.gain) for row in contenders if row.gain is not None]
    if not known:
        return
    top, gain = max(known, key=lambda pair: pair[1].mean)
    value = f"{top.label}, {found.label} {format_difference(gain)}"
    if gain.mean > 0:
        is_share_known = math.isfinite(top.gap_closed)
        closed = f", {100 * top.gap_closed:.0f} % of the gap to the clean image" if is_share_known else ""
        yield f"Largest gain over the untouched image: {value}{closed}."
    else:
        yield f"None gains over the untouched image; least below it: {value}."
    if found.tested:
        wins = sum(gain.verdict == "better" for _, gain in known)
        yield f"Better than the untouched image by the test (Holm p < {SIGNIFICANCE_LEVEL:g}): {wins} of {len(known)}."


def _describe_external_gains(found: PrimaryAnalysis) -> Iterator[str]:
    """Yield the gains of external rows, which have no verdict; nothing where no other row has one."""
    for row in found.rows if found.tested else ():
        if row.group == EXTERNAL_KIND and row.gain is not None:
            gain = format_difference(row.gain)
            yield f"{row.label}, made once, has no verdict: {found.label} {gain} over the untouched image."


def _describe_failures(results: Results) -> Iterator[str]:
    for row in results.rows:
        status = results.status_text(row)
        if status.startswith(NOT_APPLICABLE):
            yield f"{row.label} is {status}"
        elif status != "done":
            yield f"{row.label} failed ({status.partition(':')[0]}) and is not compared"


def _describe_replication(found: PrimaryAnalysis) -> Iterator[str]:
    repeatable = any(row.gain is not None and row.group not in (ORACLE_GROUP, EXTERNAL_KIND) for row in found.rows)
    if repeatable and not found.tested:
        count = "One training" if found.trainings == 1 else f"{found.trainings} trainings"
        yield (
            f"{count} per method: no p-values and no verdict on methods, which takes {MIN_TRAININGS}: "
            f"add {FIVE_SEEDS_OPTION} to the command."
        )
    if found.clusters < found.images:
        yield f"{found.images} test images of {found.clusters} subjects: images of one subject are not independent."
    elif found.images:
        yield f"{found.images} test image{'' if found.images == 1 else 's'}, each taken as independent of the others."


def _describe_external_rows(found: PrimaryAnalysis) -> Iterator[str]:
    names = [row.label for row in found.rows if row.group == EXTERNAL_KIND and row.gain is not None]
    if names:
        yield describe_unrepeated(names)


def _describe_setting(results: Results) -> Iterator[str]:
    """Yield the limitations that come from the scale and from the data set."""
    plan = results.plan
    yield SCALE_CAVEATS[plan.preset]
    if not plan.dataset.meta["real"]:
        yield "Simulated images: labels and clean images are exact, but no patient was photographed."
    elif "clean" in plan.known_truths:
        yield "Real images, degraded by a model: clean images are exact; Dice and lengths are as good as the labels."
    else:
        yield "Real images: no clean image is known; Dice and lengths are as good as the labels."
    if plan.dataset.meta.get("labels"):
        yield f"Labels: {plan.dataset.meta['labels']}."
