"""The makers: each returns the table records of one question; a new table is one more maker in :data:`MAKERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..record import Table
from ..results import Results
from .audits import own_audit, paper_audit
from .comparisons import claim_tests, comparisons, ranks
from .definitions import definition_sensitivity
from .fairness import fairness
from .measured import MEASURED
from .primary import gains
from .reproduction import reproduction
from .trust import trust

Maker = Callable[[Results], Iterator[Table]]
"""Yields the tables that the results allow, none where they allow none."""

MAKERS: tuple[Maker, ...] = (
    gains,
    *MEASURED,
    trust,
    reproduction,
    comparisons,
    claim_tests,
    ranks,
    fairness,
    definition_sensitivity,
    paper_audit,
    own_audit,
)
"""All makers, in the order of ``index.json``."""
