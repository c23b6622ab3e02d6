"""What the paper claims, and which of our rows every claim sets against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from table_audit.table_file import Published

PaperClaim = Mapping[str, Any]

# Claims that are judged on our tables only.
EXTRA_CLAIMS_FILE = Path(__file__).parent.parent / "published" / "ssp-net-claims.yaml"


def load_claims(published: Published) -> tuple[PaperClaim, ...]:
    """Return the claims that are next to the published tables, and further ones that are judged on our tables only."""
    more = yaml.safe_load(EXTRA_CLAIMS_FILE.read_text())
    return (*published.claims, *more)


def list_claim_pairs(published: Published, claim: PaperClaim) -> list[tuple[str, str]]:
    """Return the (better, worse) pairs of published methods that a claim asserts; none of a claim about the text."""
    kind = claim["kind"]
    if kind == "best":
        methods = published.tables[claim["table"]].methods
        return [(claim["method"], other) for other in methods if other != claim["method"]]
    if kind == "worst":
        return [(other, claim["method"]) for other in claim["among"] if other != claim["method"]]
    if kind in ("better_than", "higher_than"):
        return [(method, claim["than"]) for method in claim["methods"]]
    if kind == "gain":
        return [(part["method"], part["than"]) for part in claim["gains"]]
    return []


def our_row_id(mapping: Mapping[str, str]) -> str:
    """Return our row id of a published method's ``ours`` entry."""
    return mapping["method"] + (f"+{mapping['variant']}" if mapping.get("variant") else "")


def list_claimed_row_pairs(published: Published) -> list[tuple[str, str]]:
    """Return all pairs of our rows that some claim sets against each other, each once."""
    return list(dict.fromkeys(_iter_claimed_rows(published)))


def _iter_claimed_rows(published: Published) -> Iterator[tuple[str, str]]:
    seen: set[frozenset[str]] = set()
    for claim in load_claims(published):
        ours = published.ours.get(claim.get("table", ""), {})
        for first, second in list_claim_pairs(published, claim):
            if first in ours and second in ours:
                pair = our_row_id(ours[first]), our_row_id(ours[second])
                if frozenset(pair) not in seen:
                    seen.add(frozenset(pair))
                    yield pair
