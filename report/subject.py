"""The paper that is reproduced, said once: its tables, the method it proposes, what that is compared with."""

from __future__ import annotations

from functools import cache

from audit.published import Published, load_published
from sspbench.checkout import ROOT

PUBLISHED = ROOT / "report" / "published" / "ssp-net.yaml"
"""The tables of the paper."""

UNTOUCHED = "identity"
"""The row of the untouched input."""

SUBJECT = "sspnet"
"""The row of the method that the paper proposes."""

REFERENCES = (UNTOUCHED, SUBJECT)
"""The rows that every other row is tested against."""


@cache
def published() -> Published:
    """Return the paper's tables and claims."""
    return load_published(PUBLISHED)
