"""The cards under the answer: measures to trust, the cost, and where the paper applies its audit and claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import pandas as pd

from ..analysis.costs import WholeCost
from ..tables.record import Table
from .claim_verdicts import CLAIM_FAILS, CLAIM_HOLDS, CLAIM_UNDECIDED, ClaimVerdict
from .table_store import TableStore

CLAIMS_CARD = """
of the paper's claims about results {{ "fails" if failing == 1 else "fail" }}
{% if by_own_tables %}
, contradicted by {{ "its" if failing == 1 else "their" }} own tables
{% endif %}
{% if holding %}
; {{ holding }} {{ "holds" if holding == 1 else "hold" }} in this run
{% endif %}
{% if undecided %}
; this run does not decide {{ undecided }}
{% endif %}
.
"""

COST_CARD = """
of computing, all {{ cost.job_count }} jobs one after another
{% if cost.core_counts %}
 on {{ cost.core_counts | join("–") }} CPU cores
{% endif %}
, {{ cost.gpus | join(", ") or "no GPU" }}.
"""


@dataclass(frozen=True)
class AnswerCard:
    """A card.

    Attributes:
        figure: What is read first: a count or a time.
        target: Id of the section that says more.
        link: What that section says.
    """

    figure: str
    text: str
    target: str
    link: str


def make_cards(whole_cost: WholeCost, shelf: TableStore, judged: Sequence[ClaimVerdict]) -> list[AnswerCard]:
    """Return the cards in order; ``judged`` is empty where the paper does not apply."""
    return [
        _make_trust_card(shelf.read_record("trust")),
        *_make_audit_card(shelf),
        *([_make_claims_card(judged)] if judged else []),
        _make_cost_card(whole_cost),
    ]


def _make_trust_card(table: Table | None) -> AnswerCard:
    where = ("trust-section", "Which measures can be trusted?")
    if table is None:
        unknown = "which quality measures to trust, since no clean images are known."
        return AnswerCard("Not known", unknown, *where)
    places = {row.label.partition(" (")[0]: row.cells[0].text for row in table.rows}
    misled = [row.label.partition(" (")[0] for row in table.rows if row.cells[-1].text == "misleads"]
    examples = sorted(misled, key=lambda name: -int(places[name].partition(" of ")[0]))[:2]
    seen = " and ".join(f"{places[name]} in {name}" for name in examples)
    which = f": the perfect, clean image ranks {seen}" if seen else ""
    text = f"quality measures without a reference mislead on these images{which}."
    return AnswerCard(f"{len(misled)} of {len(table.rows)}", text, *where)


def _make_audit_card(shelf: TableStore) -> Iterator[AnswerCard]:
    path = shelf.folder / "audit_paper.csv"
    if not path.is_file():
        return
    verdicts = pd.read_csv(path)["verdict"]
    parts = {word: int((verdicts == word).sum()) for word in ("impossible", "conditional", "inconsistent")}
    said = ", ".join(f"{count} {word}" for word, count in parts.items() if count)
    text = "published cells contradict other published cells" + (f": {said}." if said else ".")
    yield AnswerCard(
        f"{sum(parts.values())} of {len(verdicts)}", text, "audit", "Audit, cell by cell, with its reasons"
    )


def _make_claims_card(judged: Sequence[ClaimVerdict]) -> AnswerCard:
    about = [line for line in judged if line.about == "results"]
    failing = [line for line in about if line.verdict == CLAIM_FAILS]
    facts = {
        "failing": len(failing),
        "by_own_tables": 0 < len(failing) == sum(line.by_paper for line in about),
        "holding": sum(line.verdict == CLAIM_HOLDS for line in about),
        "undecided": sum(line.verdict == CLAIM_UNDECIDED for line in about),
    }
    return AnswerCard(f"{len(failing)} of {len(about)}", _render(CLAIMS_CARD, **facts), "claims", "Claim by claim")


def _make_cost_card(cost: WholeCost) -> AnswerCard:
    text = _render(COST_CARD, cost=cost)
    return AnswerCard(format_computing_time(cost.seconds), text, "cost", "Cost, and the command that repeats the run")


def _render(template: str, **facts: Any) -> str:
    """Return a card's text on one line."""
    return jinja2.Template(template, trim_blocks=True, lstrip_blocks=True).render(**facts).replace("\n", "")


def format_computing_time(seconds: float) -> str:
    """Return a time as people say it.

    >>> format_computing_time(42), format_computing_time(960), format_computing_time(3 * 3600 + 900)
    ('42 s', '16 min', '3 h 15 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
