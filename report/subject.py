"""The paper that is reproduced, said once: its tables, the method it proposes, what that is compared with."""

from __future__ import annotations

from functools import cache

from audit.engine import Audit, audit
from audit.published import Published, load_published
from sspbench.checkout import ROOT

PUBLISHED = ROOT / "report" / "published" / "ssp-net.yaml"
"""The tables of the paper."""

UNTOUCHED = "identity"
"""The row of the untouched input."""

SUBJECT = "sspnet"
"""The row of the method that the paper proposes."""

TRIVIAL = "trivial"
"""The group of what any claim has to beat."""

ORACLE = "oracle"
"""The group of rows that show the known truth: they take no bold and enter no test."""

CLEAN = "oracle"
"""The row of the known clean image of simulated data."""

PRIMARY = "dice"
"""The primary measure."""

SCALES = {
    "paper": "The paper's protocol.",
    "official": "The protocol of the official code.",
    "demo": "Demonstration scale: narrow networks, few training steps. These numbers do not judge the methods.",
    "smoke": "Test scale: networks hardly trained. These numbers mean nothing but that the program runs.",
}
"""What the scale of a preset allows to conclude."""


@cache
def published() -> Published:
    """Return the paper's tables and claims."""
    return load_published(PUBLISHED)


@cache
def audited() -> dict[str, Audit]:
    """Return the audit of each of the paper's tables by its id, done once: several tables of the report ask for it."""
    return {name: audit(table) for name, table in published().tables.items()}
