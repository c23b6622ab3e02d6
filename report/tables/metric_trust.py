"""The table of metric trust: which measures without a reference can be trusted here."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.metric_trust import TRUTH_LABELS, MetricTrust, assess_metrics
from ..analysis.results import Results
from .record import Cell, Column, Row, Table


def make_trust_table(results: Results) -> Iterator[Table]:
    """Yield the table; nothing where no clean image is known."""
    found = assess_metrics(results)
    if not found:
        return
    columns = (
        Column("place", "Clean image ranks", form="words"),
        *(Column(f"agreement:{name}", f"Agrees with {label}", decimals=2) for name, label in TRUTH_LABELS.items()),
        Column("verdict", "Here", form="words"),
    )
    rows = tuple(Row(each.measure.name, _reading_label(each), _make_cells(each)) for each in found)
    notes = (
        "Agrees: Spearman's rank correlation over the rows without a known truth, with the sign turned so that 1 means "
        "the measure orders them as the truth does.",
        "Misleads: the clean image, than which nothing can be better, is in the worse half of the rows, or every "
        "correlation is negative.",
    )
    yield Table(
        "trust", "Which measures without a reference can be trusted", columns, rows, head="Measure", notes=notes
    )


def _reading_label(found: MetricTrust) -> str:
    return f"{found.measure.label} ({'higher' if found.sign > 0 else 'lower'} is read as better)"


def _make_cells(found: MetricTrust) -> tuple[Cell, ...]:
    place = Cell(text=f"{found.clean_rank} of {found.row_count}")
    agreement = (Cell(mean=value, n=found.row_count) for value in found.agreement.values())
    return place, *agreement, Cell(text="misleads" if found.is_misleading else "in line with the truth")
