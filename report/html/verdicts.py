"""The verdict box: every claim of the paper, in its own numbers and in this run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from audit.claims import CHECKS, TEXT_ONLY, ClaimResult, check_claims
from audit.published import Published

from .numbers import Ours

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
    more = tuple(yaml.safe_load((Path(__file__).parent / "claims.yaml").read_text()))
    claims = (*ours.published.claims, *more)
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
    if seen.holds and not seen.clear:
        return Verdict(claim["quote"], UNKNOWN, "in the claimed direction, but not beyond chance", own, seen)
    return Verdict(claim["quote"], HOLDS if seen.holds else FAILS, "in this run", own, seen)


def _comparisons(
    ours: Ours, table: str, pairs: list[tuple[str, str]], clause: str, metrics: list[str] | None = None
) -> Seen:
    """Judge "each first is better than its second in every metric" (of the table, where none are named)."""
    total, wins, clear, lost, anchors = 0, 0, True, [], []
    for metric in ours.metrics(table) if metrics is None else metrics:
        for first, second in pairs:
            gain = ours.gain(table, metric, first, second)
            if gain is None:
                missing = first if ours.entry(table, metric, first) is None else second
                return Seen(None, False, f"{missing} has no {ours.label(table, metric)} in this run")
            total, wins = total + 1, wins + (gain > 0)
            clear = clear and ours.beyond_chance(table, metric, first, second)
            if gain <= 0:
                lost.append(f"{ours.label(table, metric)}: {first} is not better than {second}")
        anchors.append((ours.label(table, metric), ours.anchor(table, metric, pairs[0][0])))
    text = f"{clause}: {wins} of {total} comparisons" + (f"; not {_first(lost)}" if lost else "")
    return Seen(not lost, clear, text, tuple(anchors))


def _first(texts: list[str], maximum: int = 3) -> str:
    more = len(texts) - maximum
    return "; ".join(texts[:maximum]) + (f" and {more} more" if more > 0 else "")


def _best(ours: Ours, claim: Mapping[str, Any]) -> Seen:
    others = [name for name in ours.published.tables[claim["table"]].methods if name != claim["method"]]
    return _comparisons(ours, claim["table"], [(claim["method"], other) for other in others], "better than the others")


def _worst(ours: Ours, claim: Mapping[str, Any]) -> Seen:
    pairs = [(other, claim["method"]) for other in claim["among"] if other != claim["method"]]
    metrics = [ours.key(claim["table"], label) for label in claim["metrics"]]
    return _comparisons(ours, claim["table"], pairs, f"the others are better than {claim['method']}", metrics)


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
    pairs = [(method, claim["than"]) for method in claim["methods"]]
    return _comparisons(ours, claim["table"], pairs, f"better than {claim['than']}")


def _gain(ours: Ours, claim: Mapping[str, Any]) -> Seen:
    """Judge "x % better", read as points (the paper's own reading in AUC and Dice)."""
    enough, clear, texts, anchors = True, True, [], []
    for part in claim["gains"]:
        metric = ours.key(claim["table"], part["metric"])
        gain = ours.gain(claim["table"], metric, part["method"], part["than"])
        if gain is None:
            return Seen(None, False, f"{part['method']} or {part['than']} has no {part['metric']} in this run")
        enough = enough and 100 * gain >= part["percent"] - 0.5
        clear = clear and ours.beyond_chance(claim["table"], metric, part["method"], part["than"])
        texts.append(f"{100 * gain:+.1f} points over {part['than']} (claimed {part['percent']})")
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
