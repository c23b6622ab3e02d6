"""The reproduced paper: its tables and claims, and our rows that correspond to its methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import yaml

from sspbench.checkout import ROOT
from sspbench.errors import UserError
from table_audit.errors import TableAuditError
from table_audit.table_file import Published, load_published

PAPER_TABLES_FILE = ROOT / "report" / "published" / "ssp-net.yaml"  # the tables of the paper
# Claims that are judged on our tables only.
EXTRA_CLAIMS_FILE = ROOT / "report" / "published" / "ssp-net-claims.yaml"
UNTOUCHED_ROW = "identity"  # the row of the untouched input
PROPOSED_ROW = "sspnet"  # the row of the method that the paper proposes
PAPER_GROUP = "paper"  # the group of the methods that the paper compares
# The words over them on images that the paper is not about.
PAPER_GROUP_ELSEWHERE = "Methods that the SSP-Net paper compares"
TRIVIAL_GROUP = "trivial"  # the group of trivial rows; a claim of merit means to beat the best of them
ORACLE_GROUP = "oracle"  # the group of rows that show the known truth: never in bold, never tested
CLEAN_ROW = "oracle"  # the row of the known clean image of simulated data
PRIMARY_MEASURE = "dice"

# What the scale of a preset allows to conclude.
SCALE_CAVEATS = {
    "paper": "The protocol of the SSP-Net paper.",
    "official": "The protocol of the official code.",
    "demo": "Demonstration scale: narrow networks, few training steps. These numbers do not judge the methods.",
    "smoke": "Test scale: networks hardly trained. These numbers mean nothing but that the program runs.",
}


@contextmanager
def as_user_error() -> Iterator[None]:
    """Turn an error of the audit into a user error with the same place, reason and hint."""
    try:
        yield
    except TableAuditError as error:
        raise UserError(error.what, where=error.where, why=error.why, hint=error.hint) from error


@cache
def load_paper() -> Published:
    """Return the paper's tables and claims."""
    with as_user_error():
        return load_published(PAPER_TABLES_FILE)


PaperClaim = Mapping[str, Any]


def load_claims(published: Published) -> tuple[PaperClaim, ...]:
    """Return the claims that are next to the published tables, and further ones that are judged on our tables only."""
    more = yaml.safe_load(EXTRA_CLAIMS_FILE.read_text(encoding="utf-8"))
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
    found: dict[frozenset[str], tuple[str, str]] = {}
    for claim in load_claims(published):
        ours = published.ours.get(claim.get("table", ""), {})
        for first, second in list_claim_pairs(published, claim):
            if first in ours and second in ours:
                pair = our_row_id(ours[first]), our_row_id(ours[second])
                found.setdefault(frozenset(pair), pair)
    return list(found.values())
