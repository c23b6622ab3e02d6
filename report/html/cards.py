"""The four cards under the answer: measures to trust, the audit, the claims, the cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..record import Table
from ..results import Results
from .shown import Shelf
from .verdicts import FAILS, HOLDS, UNKNOWN, Verdict


@dataclass(frozen=True)
class Card:
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


def cards(results: Results, shelf: Shelf, judged: Sequence[Verdict]) -> list[Card]:
    """Return the cards in order.

    Args:
        results: The results.
        shelf: The tables.
        judged: The verdicts on the paper's claims.
    """
    return [_trust(shelf.record("trust")), *_audit(shelf), _claims(judged), _cost(results)]


def _trust(table: Table | None) -> Card:
    where = ("trust-section", "Which measures can be trusted?")
    if table is None:
        unknown = "Which quality measures can be trusted cannot be told here: there are no known clean images."
        return Card("Not known", unknown, *where)
    places = {row.label.partition(" (")[0]: row.cells[0].text for row in table.rows}
    misled = [row.label.partition(" (")[0] for row in table.rows if row.cells[-1].text == "misleads"]
    examples = sorted(misled, key=lambda name: -int(places[name].partition(" of ")[0]))[:2]
    seen = " and ".join(f"{places[name]} in {name}" for name in examples)
    which = f": the perfect, clean image ranks {seen}" if seen else ""
    text = f"quality measures without a reference mislead on these images{which}."
    return Card(f"{len(misled)} of {len(table.rows)}", text, *where)


def _audit(shelf: Shelf) -> Iterator[Card]:
    path = shelf.folder / "audit_paper.csv"
    if not path.is_file():
        return
    verdicts = pd.read_csv(path)["verdict"]
    parts = {word: int((verdicts == word).sum()) for word in ("impossible", "conditional", "inconsistent")}
    said = ", ".join(f"{count} {word}" for word, count in parts.items() if count)
    text = "published cells contradict other published cells" + (f": {said}." if said else ".")
    yield Card(f"{sum(parts.values())} of {len(verdicts)}", text, "audit", "Audit, cell by cell, with its reasons")


def _claims(judged: Sequence[Verdict]) -> Card:
    about = [line for line in judged if line.about == "results"]
    count = {word: sum(line.verdict == word for line in about) for word in (FAILS, HOLDS, UNKNOWN)}
    failing = count[FAILS]
    text = f"of the paper's claims about results {'fails' if failing == 1 else 'fail'}"
    own = sum(line.by_paper for line in about)
    if failing and own == failing:
        text += f", contradicted by {'its' if failing == 1 else 'their'} own tables"
    rest = [f"{count[HOLDS]} hold{'s' if count[HOLDS] == 1 else ''} in this run"] if count[HOLDS] else []
    rest += [f"{count[UNKNOWN]} cannot be told from this run"] if count[UNKNOWN] else []
    return Card(f"{failing} of {len(about)}", "; ".join([text, *rest]) + ".", "claims", "Claim by claim")


def _cost(results: Results) -> Card:
    parts = list(_jobs(results))
    seconds = sum(float(part.get("seconds", 0.0)) for part in parts)
    machines = [part["machine"] for part in parts if "machine" in part]
    gpus = sorted({machine["gpu"] for machine in machines if "gpu" in machine})
    where = ", ".join(gpus) if gpus else "no GPU"
    cores = sorted({machine["cores"] for machine in machines if "cores" in machine})
    on = f" on {'–'.join(str(count) for count in cores)} CPU cores" if cores else ""
    text = f"of computing, all {len(parts)} jobs one after another{on}, {where}."
    return Card(duration(seconds), text, "cost", "Cost, and the command that repeats the run")


def _jobs(results: Results) -> Iterator[dict[str, Any]]:
    for row in results.rows:
        for run in row.runs:
            yield from results.provenance(run).values()


def duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> duration(42), duration(960), duration(3 * 3600 + 900)
    ('42 s', '16 min', '3 h 15 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
