"""The sentences of the primary analysis: headline, gains, and what may not be concluded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from .primary import NAN, Gain, PrimaryAnalysis, PrimaryRow
from .results import Results
from .statistics import LEVEL, MIN_TRAININGS
from .subject import ORACLE, SCALES, UNTOUCHED

FOR_A_VERDICT = "--config seeds=[0,1,2,3,4]"
"""What has to be added to the command of the run for a verdict on methods."""


def absent(results: Results, grids: Mapping[str, pd.DataFrame]) -> PrimaryAnalysis | None:
    """Return the record that says why there is no primary analysis, or None where there is one."""
    if not grids:
        why = "No answer: the test images have no labels, so that nobody can tell whether nerves got easier to find."
        instead = "Shown instead are measures of image quality that need no truth; noise can raise them."
    elif UNTOUCHED not in grids:
        why = "No answer: the untouched image was not scored, so that there is nothing to gain over."
        instead = "Shown instead are the means of every row."
    elif all(row in (UNTOUCHED, *_truths(results)) for row in grids):
        why = "No answer: no method has scores beside the untouched image."
        instead = "; ".join(_failures(results))
    else:
        return None
    return PrimaryAnalysis(headline=why, subline=instead, caveats=tuple(_setting(results)))


def _truths(results: Results) -> set[str]:
    return {row.id for row in results.rows if row.group == ORACLE}


def said(found: PrimaryAnalysis, results: Results) -> PrimaryAnalysis:
    """Return the analysis with its sentences."""
    contenders = [row for row in found.rows if row.contender]
    return replace(
        found,
        headline=_headline(found, contenders),
        subline=_subline(found, contenders, results),
        caveats=tuple([*_weights_only(found), *_setting(results)]),
    )


def _headline(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow]) -> str:
    rival = found.row(found.rival)
    known = [row for row in contenders if row.gain is not None]
    if rival is None:
        said = _sorted_out(found, known, lambda row: row.gain)
        return _opened(found, f"over the untouched image, {said or 'nothing was compared'}; no trivial method was run")
    gain = f", {rival.gain.mean:+.3f}" if rival.gain is not None else ""
    best = f"the best trivial method is {rival.label} ({found.label} {rival.mean:.3f}{gain} over the untouched image)"
    said = _sorted_out(found, known, lambda row: row.rival)
    return _opened(found, f"{best}; {said or 'no other method has scores to set against it'}")


def _opened(found: PrimaryAnalysis, text: str) -> str:
    if found.tested:
        return f"{text[0].upper()}{text[1:]}."
    weights = "these trained weights" if found.trainings == 1 else f"these {found.trainings} trainings per method"
    return f"For {weights} only: {text}."


def _sorted_out(
    found: PrimaryAnalysis, rows: Sequence[PrimaryRow], gain_of: Callable[[PrimaryRow], Gain | None]
) -> str:
    """Return which rows beat what they are compared with, which do not, and how sure that is."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        gain = gain_of(row)
        if gain is not None:
            groups.setdefault(_outcome(found, gain), []).append(row.label)
    order = ["beat", "miss", "lose"]
    return ", ".join(_clause(found, key, groups[key]) for key in order if key in groups)


def _outcome(found: PrimaryAnalysis, gain: Gain) -> str:
    if found.tested:
        return {"better": "beat", "worse": "lose"}.get(gain.verdict, "miss")
    return "beat" if gain.mean > 0 else "lose"


def _clause(found: PrimaryAnalysis, outcome: str, labels: Sequence[str]) -> str:
    names, one = _listed(labels), len(labels) == 1
    if not found.tested:
        return f"{names} {'is' if one else 'are'} {'above' if outcome == 'beat' else 'not above'} it in the mean"
    return {
        "beat": f"{names} {'beats' if one else 'beat'} it",
        "miss": f"{names} {'does' if one else 'do'} not beat it (no difference shown)",
        "lose": f"{names} {'is' if one else 'are'} worse",
    }[outcome]


def _listed(labels: Sequence[str]) -> str:
    """Return names as a list in words.

    >>> _listed(["A", "B", "C"])
    'A, B and C'
    """
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _subline(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow], results: Results) -> str:
    return " ".join([*_gains(found, contenders), *(f"{text}." for text in _failures(results))])


def _gains(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow]) -> Iterator[str]:
    known = [row for row in contenders if row.gain is not None]
    if not known:
        return
    top = max(known, key=lambda row: row.gain.mean if row.gain is not None else NAN)
    if top.gain is not None:
        closed = f", {100 * top.closed:.0f} % of the gap to the clean image" if top.closed == top.closed else ""
        yield f"Largest gain over the untouched image: {top.label}, {found.label} {_number(top.gain)}{closed}."
    if found.tested:
        wins = sum(row.gain is not None and row.gain.verdict == "better" for row in known)
        yield f"Better than the untouched image by the test (Holm p < {LEVEL:g}): {wins} of {len(known)}."


def _number(gain: Gain) -> str:
    interval = f" [{gain.low:+.3f}, {gain.high:+.3f}]" if gain.low == gain.low else f" ({gain.note})"
    return f"{gain.mean:+.3f}{interval}"


def _failures(results: Results) -> Iterator[str]:
    for row in results.rows:
        status = results.ended(row)
        if status != "done":
            yield f"{row.label} failed ({status.partition(':')[0]}) and is not compared"


def _weights_only(found: PrimaryAnalysis) -> Iterator[str]:
    if not found.tested:
        count = "One training" if found.trainings == 1 else f"{found.trainings} trainings"
        yield (
            f"{count} per method: no p-values and no verdict on methods, which takes {MIN_TRAININGS}: "
            f"add {FOR_A_VERDICT} to the command."
        )
    if found.clusters < found.images:
        yield f"{found.images} test images of {found.clusters} subjects: images of one subject are not independent."
    elif found.images:
        yield f"{found.images} test image{'' if found.images == 1 else 's'}, each taken as independent of the others."


def _setting(results: Results) -> Iterator[str]:
    """Yield what the scale and the data set forbid to conclude."""
    plan = results.plan
    yield SCALES[plan.preset]
    if plan.dataset.meta["real"]:
        yield "Real images: there is no clean image to compare with; Dice and lengths are as good as the labels."
    else:
        yield "Simulated images: labels and clean images are exact, but no patient was photographed."
    if plan.dataset.meta.get("labels"):
        yield f"Labels: {plan.dataset.meta['labels']}."
