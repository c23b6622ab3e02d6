"""The four cards under the answer: measures to trust, the audit, the claims, the cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..analysis.results import Results
from ..tables.record import Table
from .claim_verdicts import CLAIM_FAILS, CLAIM_HOLDS, CLAIM_UNDECIDED, ClaimVerdict
from .table_store import TableStore


@dataclass(frozen=True)
class AnswerCard:
    """A card.

    Attributes:
        figure: What is read first: a count or a time.
        text: The rest of the sentence.
        target: Id of the section that tells more.
        link: What that section tells.
    """

    figure: str
    text: str
    target: str
    link: str


def make_cards(results: Results, shelf: TableStore, judged: Sequence[ClaimVerdict]) -> list[AnswerCard]:
    """Return the cards in order.

    Args:
        results: The results.
        shelf: The tables.
        judged: The verdicts on the paper's claims.
    """
    return [
        _make_trust_card(shelf.read_record("trust")),
        *_make_audit_card(shelf),
        _make_claims_card(judged),
        _make_cost_card(results),
    ]


def _make_trust_card(table: Table | None) -> AnswerCard:
    where = ("trust-section", "Which measures can be trusted?")
    if table is None:
        unknown = "Which quality measures can be trusted cannot be told here: there are no known clean images."
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
    count = {word: sum(line.verdict == word for line in about) for word in (CLAIM_FAILS, CLAIM_HOLDS, CLAIM_UNDECIDED)}
    failing = count[CLAIM_FAILS]
    text = f"of the paper's claims about results {'fails' if failing == 1 else 'fail'}"
    own = sum(line.by_paper for line in about)
    if failing and own == failing:
        text += f", contradicted by {'its' if failing == 1 else 'their'} own tables"
    rest = (
        [f"{count[CLAIM_HOLDS]} hold{'s' if count[CLAIM_HOLDS] == 1 else ''} in this run"] if count[CLAIM_HOLDS] else []
    )
    rest += [f"{count[CLAIM_UNDECIDED]} cannot be told from this run"] if count[CLAIM_UNDECIDED] else []
    return AnswerCard(f"{failing} of {len(about)}", "; ".join([text, *rest]) + ".", "claims", "Claim by claim")


def _make_cost_card(results: Results) -> AnswerCard:
    parts = list(_iter_jobs(results))
    seconds = sum(float(part.get("seconds", 0.0)) for part in parts)
    machines = [part["machine"] for part in parts if "machine" in part]
    gpus = sorted({machine["gpu"] for machine in machines if "gpu" in machine})
    where = ", ".join(gpus) if gpus else "no GPU"
    cores = sorted({machine["cores"] for machine in machines if "cores" in machine})
    on = f" on {'–'.join(str(count) for count in cores)} CPU cores" if cores else ""
    text = f"of computing, all {len(parts)} jobs one after another{on}, {where}."
    return AnswerCard(format_computing_time(seconds), text, "cost", "Cost, and the command that repeats the run")


def _iter_jobs(results: Results) -> Iterator[dict[str, Any]]:
    for row in results.rows:
        for run in row.runs:
            yield from results.provenance(run).values()


def format_computing_time(seconds: float) -> str:
    """Return a time as people say it.

    >>> format_computing_time(42), format_computing_time(960), format_computing_time(3 * 3600 + 900)
    ('42 s', '16 min', '3 h 15 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
