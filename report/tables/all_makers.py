"""The makers: each returns the table records of one question; a new table is one more maker in :data:`TABLE_MAKERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..analysis.results import Results
from .audits import make_own_audit_table, make_paper_audit_tables
from .checkpoints import make_checkpoint_table
from .comparisons import make_claim_tests_table, make_ranks_table, make_tests_table
from .definition_sensitivity import make_sensitivity_table
from .degradations import make_degradation_tables
from .fairness import make_fairness_table
from .gains import make_gains_table
from .measures import MEASURE_TABLE_MAKERS
from .metric_trust import make_trust_table
from .power import make_power_table
from .rank_intervals import make_rank_intervals_table
from .record import Table
from .reproduction import make_reproduction_table
from .vessels import make_vessel_table

# Yields the tables that the results allow, none where they allow none.
TableMaker = Callable[[Results], Iterator[Table]]

# All makers, in the order of `index.json`.
TABLE_MAKERS: tuple[TableMaker, ...] = (
    make_gains_table,
    *MEASURE_TABLE_MAKERS,
    make_degradation_tables,
    make_vessel_table,
    make_trust_table,
    make_reproduction_table,
    make_tests_table,
    make_claim_tests_table,
    make_ranks_table,
    make_rank_intervals_table,
    make_power_table,
    make_checkpoint_table,
    make_fairness_table,
    make_sensitivity_table,
    make_paper_audit_tables,
    make_own_audit_table,
)
