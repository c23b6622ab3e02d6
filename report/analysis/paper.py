"""The reproduced paper: its tables, the method it proposes, and the rows it is compared with."""

from __future__ import annotations

from functools import cache

from sspbench.checkout import ROOT
from table_audit.table_file import Published, load_published

from ..audit_errors import as_user_error

PAPER_TABLES_FILE = ROOT / "report" / "published" / "ssp-net.yaml"
"""The tables of the paper."""

UNTOUCHED_ROW = "identity"
"""The row of the untouched input."""

PROPOSED_ROW = "sspnet"
"""The row of the method that the paper proposes."""

PAPER_GROUP = "paper"
"""The group of the methods that the paper compares."""

PAPER_GROUP_ELSEWHERE = "Methods that the SSP-Net paper compares"
"""The words over them on images that the paper is not about."""

TRIVIAL_GROUP = "trivial"
"""The group of trivial rows; a claim of merit means to beat the best of them."""

ORACLE_GROUP = "oracle"
"""The group of rows that show the known truth: never in bold, never tested."""

CLEAN_ROW = "oracle"
"""The row of the known clean image of simulated data."""

PRIMARY_MEASURE = "dice"
"""The primary measure."""

SCALE_CAVEATS = {
    "paper": "The protocol of the SSP-Net paper.",
    "official": "The protocol of the official code.",
    "demo": "Demonstration scale: narrow networks, few training steps. These numbers do not judge the methods.",
    "smoke": "Test scale: networks hardly trained. These numbers mean nothing but that the program runs.",
}
"""What the scale of a preset allows to conclude."""


@cache
def load_paper() -> Published:
    """Return the paper's tables and claims."""
    with as_user_error():
        return load_published(PAPER_TABLES_FILE)
