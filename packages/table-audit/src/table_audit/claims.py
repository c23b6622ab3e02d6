"""Rule S6: tests what a paper's text claims about its tables (``claims:`` of the table file)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import TableAuditError
from .printed_table import PrintedRow, PrintedTable
from .table_file import Published

# Kinds of claims about the paper's text itself, independent of any result.
TEXT_ONLY = frozenset({"location", "same", "sum"})
# |z| above which a difference of means counts as more than chance (two-sided 5 %).
SIGNIFICANT = 1.96


@dataclass(frozen=True)
class ClaimResult:
    """The outcome of one claim.

    Attributes:
        kind: The kind of claim.
        quote: The text.
        verdict: About results: ``holds``, ``false``, ``mixed units`` or ``not significant``; about the text itself:
            ``consistent``, ``slip`` or ``misplaced``.
        detail: The numbers.
    """

    kind: str
    quote: str
    verdict: str
    detail: str

    @property
    def about(self) -> str:
        """What the claim is about: ``results``, or the ``text`` itself (bookkeeping)."""
        return "text" if self.kind in TEXT_ONLY else "results"


def check_claims(published: Published) -> list[ClaimResult]:
    """Test every claim of a file.

    Raises:
        TableAuditError: a claim names an unknown table, metric or method.
    """
    results = []
    for claim in published.claims:
        try:
            verdict, detail = CHECKS[claim["kind"]](published, claim)
        except (KeyError, ValueError) as error:
            raise TableAuditError(
                f"A claim of kind {claim['kind']} cannot be tested",
                where=f"{published.path}: {claim['quote']!r}",
                why=f"missing or unknown: {error}",
                hint="spell table, metric and methods as the tables do; see the README of table-audit",
            ) from error
        results.append(ClaimResult(claim["kind"], claim["quote"], verdict, detail))
    return results


def _row(table: PrintedTable, metric: str) -> PrintedRow:
    rows = {row.label: row for row in table.rows.values()}
    return rows[metric]


def _value(published: Published, claim: Mapping[str, Any], metric: str, method: str) -> float:
    table = published.tables[claim["table"]]
    return float(_row(table, metric).mean[table.methods.index(method)])


def _gain(published: Published, claim: Mapping[str, Any]) -> tuple[str, str]:
    """Test "x % better" as points of the metric and as a relative gain; a sentence must mean one of them throughout."""
    points, relative, texts = [], [], []
    for gain in claim["gains"]:
        ours = _value(published, claim, gain["metric"], gain["method"])
        theirs = _value(published, claim, gain["metric"], gain["than"])
        as_points, as_relative = 100 * (ours - theirs), 100 * (ours / theirs - 1)
        points.append(abs(as_points - gain["percent"]) <= 0.5)
        relative.append(abs(as_relative - gain["percent"]) <= 0.5)
        texts.append(f"{gain['percent']} % over {gain['than']}: {as_points:.2f} points, {as_relative:.1f} % relative")
    detail = "; ".join(texts)
    if all(points) or all(relative):
        return "holds", f"{detail} (as {'points' if all(points) else 'relative gains'})"
    if all(np.logical_or(points, relative)):
        return "mixed units", detail
    return "false", detail


def _better_than(published: Published, claim: Mapping[str, Any]) -> tuple[str, str]:
    """Test an improvement in every metric of a table; "higher than" means better too, in the printed direction."""
    table = published.tables[claim["table"]]
    base = table.methods.index(claim["than"])
    failures = []
    for row in table.rows.values():
        sign = -1 if row.printed == "lower" else 1
        for method in claim["methods"]:
            gain = float(row.mean[table.methods.index(method)] - row.mean[base])
            if sign * gain <= 0:
                failures.append(f"{method} {row.label} {gain:+.4f}")
    return ("false", "; ".join(failures)) if failures else ("holds", "in every metric of the table")


def _best(published: Published, claim: Mapping[str, Any]) -> tuple[str, str]:
    """Test best in the printed direction and, where the images are known to be independent, beyond chance (z)."""
    table = published.tables[claim["table"]]
    independent = published.design == "independent"
    me = table.methods.index(claim["method"])
    lost, weak, texts = [], [], []
    for row in table.rows.values():
        sign = -1 if row.printed == "lower" else 1
        others = np.where(np.arange(len(table.methods)) == me, -np.inf, sign * row.mean)
        second = int(np.nanargmax(others))
        z = z_score(row, me, second)
        texts.append(f"{row.label} z = {abs(z):.2f} against {table.methods[second]}")
        if others[second] > sign * row.mean[me]:
            lost.append(f"{row.label}: {table.methods[second]} is better")
        elif abs(z) < SIGNIFICANT:
            weak.append(f"{row.label} z = {abs(z):.2f} against {table.methods[second]}")
    if lost:
        return "false", "; ".join(lost)
    if not independent:
        return (
            "holds",
            "in every printed mean; whether it is beyond chance stays open: the pairing of images is not printed",
        )
    if weak:
        return "not significant", f"best everywhere, but not beyond chance in {'; '.join(weak)}"
    return "holds", "; ".join(texts)


def z_score(row: PrintedRow, first: int, second: int) -> float:
    """Return the z of a difference of two means of a row, as if unpaired (conservative where pairs correlate)."""
    sd = row.sd()
    error = np.sqrt(sd[first] ** 2 / row.n[first] + sd[second] ** 2 / row.n[second])
    return float((row.mean[first] - row.mean[second]) / error)


def _location(published: Published, claim: Mapping[str, Any]) -> tuple[str, str]:
    named = published.tables[claim["table"]]
    missing = [metric for metric in claim["metrics"] if metric not in {row.label for row in named.rows.values()}]
    places = {
        metric: [t.name for t in published.tables.values() if metric in {row.label for row in t.rows.values()}]
        for metric in missing
    }
    if not missing:
        return "consistent", f"all in {named.name}"
    return "misplaced", "; ".join(f"{m} is in {', '.join(where) or 'no table'}" for m, where in places.items())


def _sum(published: Published, claim: Mapping[str, Any]) -> tuple[str, str]:
    total = sum(claim["parts"])
    detail = f"{' + '.join(map(str, claim['parts']))} = {total}"
    return ("consistent", detail) if total == claim["total"] else ("slip", f"{detail}, not {claim['total']}")


def _same(published: Published, claim: Mapping[str, Any]) -> tuple[str, str]:
    """Test that two tables print the same means and spreads for one method."""
    first, second = (published.tables[claim[side]["table"]] for side in ("first", "second"))
    i, j = first.methods.index(claim["first"]["method"]), second.methods.index(claim["second"]["method"])
    shared = [key for key in first.rows if key in second.rows]
    differ = [
        f"{first.rows[key].label} {first.rows[key].mean[i]:.4f} and {second.rows[key].mean[j]:.4f}"
        for key in shared
        if (first.rows[key].mean[i], first.rows[key].spread[i])
        != (second.rows[key].mean[j], second.rows[key].spread[j])
    ]
    return ("slip", "; ".join(differ)) if differ else ("consistent", f"identical in {len(shared)} metrics")


# The check for each kind of claim.
CHECKS = {
    "gain": _gain,
    "better_than": _better_than,
    "higher_than": _better_than,
    "best": _best,
    "location": _location,
    "sum": _sum,
    "same": _same,
}
