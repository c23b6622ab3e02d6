"""The reproduced paper: its tables, the method it proposes, and the rows it is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sspbench.checkout import ROOT
from sspbench.errors import UserError
from table_audit.errors import TableAuditError
from table_audit.table_file import Published, load_published

PAPER_TABLES_FILE = ROOT / "report" / "published" / "ssp-net.yaml"  # the tables of the paper
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
