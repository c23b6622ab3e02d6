"""The verdict box: every claim of the paper, in its own numbers and in this run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from audit.claims import CHECKS, TEXT_ONLY, ClaimResult, check_claims
from audit.published import Published

from ..claims import claims_of, pairs_of
from ..rendering.text import signed_text
from .numbers import Ours
from .shown import Tested

HOLDS, FAILS, UNKNOWN = "holds", "fails", "cannot tell here"


@dataclass(frozen=True)
class Seen:
    """What a run shows about a claim: whether it holds there (None: unknown), beyond chance or not, and in words."""

    holds: bool | None
    clear: bool
    text: str
    anchors: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class Verdict:
    """The verdict on a claim.

    Attributes:
        quote: The claim.
        verdict: ``holds``, ``fails``, ``cannot tell here``, or what the audit says of the text.
        why: What decides it, or why nothing does.
        printed: What the paper's own numbers say.
        seen: What this run shows.
        about: ``results``, or ``text``: bookkeeping, which is no finding.
        by_paper: Whether the paper itself decides it, whatever was run.
    """

    quote: str
    verdict: str
    why: str
    printed: str
    seen: Seen
    about: str = "results"
    by_paper: bool = False


def verdicts(ours: Ours, reservations: list[str]) -> list[Verdict]:
    """Judge every claim.

    A claim that the paper's own tables contradict fails; one about the paper alone is judged by it. All others are
    judged by this run, but only under the paper's protocol on the paper's images: elsewhere the run cannot tell.

    Args:
        ours: Our means.
        reservations: Why this run cannot judge the paper; empty where it can.
    """
    claims = claims_of(ours.published)
    checked = [claim for claim in claims if claim["kind"] in CHECKS]
    results = check_claims(replace(ours.published, claims=tuple(checked)))
    printed = {id(claim): result for claim, result in zip(checked, results, strict=True)}
    printed |= {id(claim): _printed_worst(ours.published, claim) for claim in claims if claim["kind"] == "worst"}
    return [_verdict(claim, printed[id(claim)], ours, reservations) for claim in claims]


def _verdict(claim: Mapping[str, Any], printed: ClaimResult, ours: Ours, reservations: list[str]) -> Verdict:
    own = f"{printed.verdict}: {printed.detail}"
    if claim["kind"] in TEXT_ONLY:
        seen = Seen(None, False, "about the paper's text, not about results")
        return Verdict(claim["quote"], printed.verdict, "by the paper itself", own, seen, "text", True)
    seen = SEEN[claim["kind"]](ours, claim)
    if printed.verdict == "false":
        return Verdict(claim["quote"], FAILS, "by the paper's own tables", own, seen, by_paper=True)
    if seen.holds is None:
        return Verdict(claim["quote"], UNKNOWN, seen.text, own, seen)
    if reservations:
        return Verdict(claim["quote"], UNKNOWN, "; ".join(reservations), own, seen)
    if not seen.clear:
        way = "in" if seen.holds else "against"
        return Verdict(claim["quote"], UNKNOWN, f"{way} the claimed direction, but not shown beyond chance", own, seen)
    return Verdict(claim["quote"], HOLDS if seen.holds else FAILS, "in this run", own, seen)


def _comparisons(ours: Ours, claim: Mapping[str, Any], clause: str, metrics: list[str] | None = None) -> Seen:
    """Judge "each first is better than its second in every metric" (of the table, where none are named)."""
    table, pairs = claim["table"], pairs_of(ours.published, claim)
    count, lost, anchors = Counter[str](), [], []
    for metric in ours.metrics(table) if metrics is None else metrics:
        for first, second in pairs:
            gain = ours.gain(table, metric, first, second)
            if gain is None:
                missing = first if ours.entry(table, metric, first) is None else second
                return Seen(None, False, f"{missing} has no {ours.label(table, metric)} in this run")
            count[_outcome(gain, ours.test(table, metric, first, second))] += 1
            if gain <= 0:
                lost.append(f"{ours.label(table, metric)}: {first} is not better than {second}")
        anchors.append((ours.label(table, metric), ours.anchor(table, metric, pairs[0][0])))
    text = f"{clause} {_counted(count)}" + (f"; not {_first(lost)}" if lost else "")
    return Seen(not lost, count[WORSE] > 0 if lost else set(count) == {BETTER}, text, tuple(anchors))


BETTER, WORSE, OPEN, UP, DOWN = "better", "worse", "no difference shown", "better by its mean", "not better by its mean"
"""How a comparison ends: by the test, and by means alone where there is none."""


def _outcome(gain: float, test: Tested | None) -> str:
    if test is None:
        return UP if gain > 0 else DOWN
    return OPEN if not test.beyond_chance else BETTER if gain > 0 else WORSE


def _counted(count: Mapping[str, int]) -> str:
    """Return in how many comparisons a clause holds: by the test where there is one."""
    total = sum(count.values())
    if count[UP] + count[DOWN] == total:
        return f"by the mean in {count[UP]} of {total} comparisons, none of them tested (too few trainings)"
    untested = f"; {count[UP] + count[DOWN]} untested" if count[UP] + count[DOWN] else ""
    return f"beyond chance in {count[BETTER]} of {total} comparisons, the reverse in {count[WORSE]}{untested}"


def _first(texts: list[str], maximum: int = 3) -> str:
    more = len(texts) - maximum
    return "; ".join(texts[:maximum]) + (f" and {more} more" if more > 0 else "")


def _best(ours: Ours, claim: Mapping[str, Any]) -> Seen:
    return _comparisons(ours, claim, "better than the others")


def _worst(ours: Ours, claim: Mapping[str, Any]) -> Seen:
    metrics = [ours.key(claim["table"], label) for label in claim["metrics"]]
    return _comparisons(ours, claim, f"the others are better than {claim['method']}", metrics)


def _printed_worst(published: Published, claim: Mapping[str, Any]) -> ClaimResult:
    """Judge "the worst" by the printed means, in the printed directions."""
    table, better = published.tables[claim["table"]], []
    for row in table.rows.values():
        sign = -1 if row.printed == "lower" else 1
        mean = dict(zip(table.methods, sign * row.mean, strict=True))
        lower = [name for name in claim["among"] if mean[name] < mean[claim["method"]]]
        better += [f"{row.label}: {', '.join(lower)}"] if lower and row.label in claim["metrics"] else []
    detail = f"worse is {'; '.join(better)}" if better else f"in {' and '.join(claim['metrics'])}"
    return ClaimResult("worst", claim["quote"], "false" if better else "holds", detail)


def _better_than(ours: Ours, claim: Mapping[str, Any]) -> Seen:
    return _comparisons(ours, claim, f"better than {claim['than']}")


def _gain(ours: Ours, claim: Mapping[str, Any]) -> Seen:
    """Judge "x % better", read as points (the paper's own reading in AUC and Dice)."""
    enough, clear, texts, anchors = True, True, [], []
    for part in claim["gains"]:
        metric = ours.key(claim["table"], part["metric"])
        gain = ours.gain(claim["table"], metric, part["method"], part["than"])
        if gain is None:
            return Seen(None, False, f"{part['method']} or {part['than']} has no {part['metric']} in this run")
        enough = enough and 100 * gain >= part["percent"] - 0.5
        test = ours.test(claim["table"], metric, part["method"], part["than"])
        clear = clear and test is not None and test.beyond_chance
        texts.append(f"{signed_text(100 * gain, 1)} points over {part['than']} (claimed {part['percent']})")
        anchors.append((part["than"], ours.anchor(claim["table"], metric, part["than"])))
    return Seen(enough, clear, "; ".join(texts), tuple(anchors))


SEEN: dict[str, Callable[[Ours, Mapping[str, Any]], Seen]] = {
    "best": _best,
    "worst": _worst,
    "better_than": _better_than,
    "higher_than": _better_than,
    "gain": _gain,
}
"""How each kind of claim is judged on our tables; "higher" is read as better, as the paper means it."""
