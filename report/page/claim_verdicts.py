"""The verdict box: every claim of the paper, in its own numbers and in this run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from table_audit.claims import CHECKS, TEXT_ONLY, ClaimResult, check_claims
from table_audit.quantity import find_quantity
from table_audit.table_file import Published

from ..analysis.numbers import better_sign, format_signed
from ..analysis.paper import list_claim_pairs, load_claims, our_row_id
from ..tables.record import Table
from .table_store import PairedTest, TableStore, make_cell_anchor

CLAIM_HOLDS, CLAIM_FAILS, CLAIM_UNDECIDED = "holds", "fails", "undecided"

# Lost comparisons that a claim's verdict names.
MAX_SHOWN_LOSSES = 3


@dataclass(frozen=True)
class OurMean:
    """A mean of ours.

    Attributes:
        mean: NaN if missing.
        anchor: Id of its cell on the page.
    """

    mean: float
    row: str
    metric: str
    anchor: str


class OurResults:
    """Our means under the paper's names of tables, metrics and methods."""

    def __init__(self, shelf: TableStore) -> None:
        self.published: Published = shelf.published
        self._entries: dict[tuple[str, str, str], OurMean] = {}
        self._better: dict[tuple[str, str], str] = {}
        for name in self.published.tables:
            record = shelf.read_record(name)
            if record is not None:
                self._add_table(record)
        self._tests = shelf.tests

    def _add_table(self, record: Table) -> None:
        table, printed = record.key, self.published.tables[record.key].rows
        names = {our_row_id(mapping): method for method, mapping in self.published.ours[table].items()}
        for row, column, cell in record.cells():
            quantity = find_quantity(column.key)
            if quantity is None or quantity.key not in printed or row.key not in names:
                continue
            entry = OurMean(cell.mean, row.key, column.key, make_cell_anchor(table, row.key, column.key))
            self._entries[table, quantity.key, names[row.key]] = entry
            way = printed[quantity.key].printed if column.better == "none" else column.better
            self._better[table, quantity.key] = way

    def quantity_label(self, table: str, quantity: str) -> str:
        """Return the printed name of a quantity."""
        return self.published.tables[table].rows[quantity].label

    def find_quantity_key(self, table: str, label: str) -> str:
        """Return the quantity printed under a name."""
        return next(key for key, row in self.published.tables[table].rows.items() if row.label == label)

    def find_mean(self, table: str, quantity: str, method: str) -> OurMean | None:
        """Return our mean, or None where the run has none."""
        found = self._entries.get((table, quantity, method))
        return None if found is None or math.isnan(found.mean) else found

    def find_anchor(self, table: str, quantity: str, method: str) -> str:
        """Return the id of our mean's cell on the page; empty where the run has none."""
        found = self.find_mean(table, quantity, method)
        return "" if found is None else found.anchor

    def _find_pair(self, table: str, quantity: str, method: str, than: str) -> tuple[OurMean, OurMean] | None:
        first, second = self.find_mean(table, quantity, method), self.find_mean(table, quantity, than)
        return None if first is None or second is None else (first, second)

    def compute_gain(self, table: str, quantity: str, method: str, than: str) -> float | None:
        """Return by how much a method is better than another; None without both.

        The direction is the measure's; for a measure without one (entropy) it is the paper's, which the claim is about.
        """
        pair = self._find_pair(table, quantity, method, than)
        if pair is None:
            return None
        return (pair[0].mean - pair[1].mean) * better_sign(self._better[table, quantity])

    def find_test(self, table: str, quantity: str, method: str, than: str) -> PairedTest | None:
        """Return the test of two methods in either direction; None with too few trainings for a p-value."""
        pair = self._find_pair(table, quantity, method, than)
        if pair is None:
            return None
        (first, second), metric = (pair[0].row, pair[1].row), pair[0].metric
        found = (self._tests.get((*rows, metric)) for rows in ((first, second), (second, first)))
        return next((test for test in found if test is not None and not math.isnan(test.p_holm)), None)


@dataclass(frozen=True)
class RunEvidence:
    """What a run shows about a claim: whether it holds there (None: unknown), beyond chance or not, and in words."""

    holds: bool | None
    is_clear: bool
    text: str
    anchors: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class ClaimVerdict:
    """The verdict on a claim.

    Attributes:
        verdict: ``holds``, ``fails``, ``undecided``, or the audit's verdict on the text.
        why: What decides it, or why it stays undecided.
        printed: What the paper's own numbers say.
        seen: What this run shows.
        about: ``results``, or ``text``: bookkeeping, not a finding.
        by_paper: Whether the paper itself decides it, independently of the run.
    """

    quote: str
    verdict: str
    why: str
    printed: str
    seen: RunEvidence
    about: str = "results"
    by_paper: bool = False


def judge_claims(ours: OurResults, reservations: Sequence[str]) -> list[ClaimVerdict]:
    """Judge every claim.

    A claim that the paper's own tables contradict fails; one about the paper alone is judged by it. All others are
    judged by this run, but only under the paper's protocol on the paper's images: without ``reservations``.
    """
    claims = load_claims(ours.published)
    checked = [claim for claim in claims if claim["kind"] in CHECKS]
    results = check_claims(replace(ours.published, claims=tuple(checked)))
    printed = {id(claim): result for claim, result in zip(checked, results, strict=True)}
    printed |= {id(claim): _judge_printed_worst(ours.published, claim) for claim in claims if claim["kind"] == "worst"}
    return [_judge_claim(claim, printed[id(claim)], ours, reservations) for claim in claims]


def _judge_claim(
    claim: Mapping[str, Any], printed: ClaimResult, ours: OurResults, reservations: Sequence[str]
) -> ClaimVerdict:
    own = f"{printed.verdict}: {printed.detail}"
    if claim["kind"] in TEXT_ONLY:
        seen = RunEvidence(None, False, "about the paper's text, not about results")
        return ClaimVerdict(claim["quote"], printed.verdict, "by the paper itself", own, seen, "text", True)
    seen = EVIDENCE_BY_KIND[claim["kind"]](ours, claim)
    if printed.verdict == "false":
        return ClaimVerdict(claim["quote"], CLAIM_FAILS, "by the paper's own tables", own, seen, by_paper=True)
    return ClaimVerdict(claim["quote"], *_decide_by_run(seen, reservations), own, seen)


def _decide_by_run(seen: RunEvidence, reservations: Sequence[str]) -> tuple[str, str]:
    """Return the verdict that this run allows, and why."""
    if seen.holds is None:
        return CLAIM_UNDECIDED, seen.text
    if reservations:
        return CLAIM_UNDECIDED, "; ".join(reservations)
    if not seen.is_clear:
        way = "in" if seen.holds else "against"
        return CLAIM_UNDECIDED, f"{way} the claimed direction, but not shown beyond chance"
    return CLAIM_HOLDS if seen.holds else CLAIM_FAILS, "in this run"


def _judge_comparisons(
    ours: OurResults, claim: Mapping[str, Any], clause: str, metrics: list[str] | None = None
) -> RunEvidence:
    """Judge "each first is better than its second in every metric" (of the table, where none are named)."""
    table, pairs = claim["table"], list_claim_pairs(ours.published, claim)
    count, lost, anchors = Counter[str](), [], []
    for metric in ours.published.tables[table].rows if metrics is None else metrics:
        for first, second in pairs:
            gain = ours.compute_gain(table, metric, first, second)
            if gain is None:
                missing = first if ours.find_mean(table, metric, first) is None else second
                return RunEvidence(None, False, f"{missing} has no {ours.quantity_label(table, metric)} in this run")
            count[_judge_outcome(gain, ours.find_test(table, metric, first, second))] += 1
            if gain <= 0:
                lost.append(f"{ours.quantity_label(table, metric)}: {first} is not better than {second}")
        anchors.append((ours.quantity_label(table, metric), ours.find_anchor(table, metric, pairs[0][0])))
    text = f"{clause} {_describe_counts(count)}" + (f"; not {_join_first(lost)}" if lost else "")
    is_clear = count[OUTCOME_WORSE] > 0 if lost else set(count) == {OUTCOME_BETTER}
    return RunEvidence(not lost, is_clear, text, tuple(anchors))


# How a comparison ends: by the test, or by means alone without a test.
OUTCOME_BETTER, OUTCOME_WORSE, OUTCOME_UNDECIDED = "better", "worse", "no difference shown"
MEAN_BETTER, MEAN_NOT_BETTER = "better by its mean", "not better by its mean"


def _judge_outcome(gain: float, test: PairedTest | None) -> str:
    if test is None:
        return MEAN_BETTER if gain > 0 else MEAN_NOT_BETTER
    return OUTCOME_UNDECIDED if not test.is_significant else OUTCOME_BETTER if gain > 0 else OUTCOME_WORSE


def _describe_counts(count: Mapping[str, int]) -> str:
    """Return in how many comparisons a clause holds: by the test where one was made."""
    total = sum(count.values())
    without_test = count[MEAN_BETTER] + count[MEAN_NOT_BETTER]
    if without_test == total:
        return f"by the mean in {count[MEAN_BETTER]} of {total} comparisons, none of them tested (too few trainings)"
    untested = f"; {without_test} untested" if without_test else ""
    better, worse = count[OUTCOME_BETTER], count[OUTCOME_WORSE]
    return f"beyond chance in {better} of {total} comparisons, the reverse in {worse}{untested}"


def _join_first(texts: list[str]) -> str:
    more = len(texts) - MAX_SHOWN_LOSSES
    return "; ".join(texts[:MAX_SHOWN_LOSSES]) + (f" and {more} more" if more > 0 else "")


def _judge_worst(ours: OurResults, claim: Mapping[str, Any]) -> RunEvidence:
    metrics = [ours.find_quantity_key(claim["table"], label) for label in claim["metrics"]]
    return _judge_comparisons(ours, claim, f"the others are better than {claim['method']}", metrics)


def _judge_printed_worst(published: Published, claim: Mapping[str, Any]) -> ClaimResult:
    """Judge "the worst" by the printed means, in the printed directions."""
    table, worse = published.tables[claim["table"]], []
    for row in table.rows.values():
        sign = -1 if row.printed == "lower" else 1
        mean = dict(zip(table.methods, sign * row.mean, strict=True))
        lower = [name for name in claim["among"] if mean[name] < mean[claim["method"]]]
        if lower and row.label in claim["metrics"]:
            worse.append(f"{row.label}: {', '.join(lower)}")
    detail = f"worse is {'; '.join(worse)}" if worse else f"in {' and '.join(claim['metrics'])}"
    return ClaimResult("worst", claim["quote"], "false" if worse else "holds", detail)


def _judge_gain(ours: OurResults, claim: Mapping[str, Any]) -> RunEvidence:
    """Judge "x % better", read as points (the paper's own reading in AUC and Dice)."""
    enough, clear, texts, anchors = True, True, [], []
    for part in claim["gains"]:
        metric = ours.find_quantity_key(claim["table"], part["metric"])
        gain = ours.compute_gain(claim["table"], metric, part["method"], part["than"])
        if gain is None:
            return RunEvidence(None, False, f"{part['method']} or {part['than']} has no {part['metric']} in this run")
        enough = enough and 100 * gain >= part["percent"] - 0.5
        test = ours.find_test(claim["table"], metric, part["method"], part["than"])
        clear = clear and test is not None and test.is_significant
        texts.append(f"{format_signed(100 * gain, 1)} points over {part['than']} (claimed {part['percent']})")
        anchors.append((part["than"], ours.find_anchor(claim["table"], metric, part["than"])))
    return RunEvidence(enough, clear, "; ".join(texts), tuple(anchors))


# How each kind of claim is judged on our tables; "higher" is read as better, as the paper means it.
EVIDENCE_BY_KIND: dict[str, Callable[[OurResults, Mapping[str, Any]], RunEvidence]] = {
    "best": lambda ours, claim: _judge_comparisons(ours, claim, "better than the others"),
    "worst": _judge_worst,
    "better_than": lambda ours, claim: _judge_comparisons(ours, claim, f"better than {claim['than']}"),
    "higher_than": lambda ours, claim: _judge_comparisons(ours, claim, f"better than {claim['than']}"),
    "gain": _judge_gain,
}
