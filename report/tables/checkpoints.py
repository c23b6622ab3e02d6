"""The table of kept checkpoints: the best, the last, and what taking the last one costs."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.checkpoint_study import OPTIMISM_NOTE, CheckpointCurve, CheckpointStudy, study_checkpoints
from ..analysis.results import Results
from .gains import make_gain_cell
from .record import Cell, Column, Row, Table

SPREAD_NOTE = "Spread: standard deviation of the means over the last half of the checkpoints."


def make_checkpoint_table(results: Results) -> Iterator[Table]:
    """Yield the table; nothing where no checkpoint was kept and scored."""
    study = study_checkpoints(results)
    if study is None:
        return
    rows = tuple(Row(curve.row, curve.label, _make_cells(curve)) for curve in study.curves)
    count = results.plan.config["checkpoints"]
    title = f"Which checkpoint? {study.measure.label} at the best and at the last of {count} evenly spaced ones"
    notes = (OPTIMISM_NOTE, *_describe_intervals(study), SPREAD_NOTE)
    yield Table("checkpoints", title, _list_columns(study), rows, notes=notes)


def _list_columns(study: CheckpointStudy) -> tuple[Column, ...]:
    label, better = study.measure.label, study.measure.better
    return (
        Column("best_step", "Best after step", form="words"),
        Column("best", f"{label}, best", study.measure.unit, better, decimals=3),
        Column("last", f"{label}, last", study.measure.unit, better, decimals=3),
        Column("regret", "Regret of the last [95 % CI]", study.measure.unit, "lower", decimals=3),
        Column("spread", "Spread", study.measure.unit, "lower", decimals=4),
    )


def _make_cells(curve: CheckpointCurve) -> tuple[Cell, ...]:
    if not curve.steps:
        return (Cell("not scored" if curve.status == "done" else "", status=curve.status),) * 5
    return (
        Cell(f"{curve.steps[curve.best]} of {curve.steps[-1]}"),
        Cell(mean=curve.means[curve.best]),
        Cell(mean=curve.means[-1]),
        make_gain_cell(curve.regret, "") if curve.regret else Cell(mean=0.0, note="the last is the best"),
        Cell(mean=curve.spread),
    )


def _describe_intervals(study: CheckpointStudy) -> tuple[str, ...]:
    """Say what the intervals cover, once for each kind; none where every last checkpoint is the best."""
    kinds = dict.fromkeys(curve.regret.note for curve in study.curves if curve.regret)
    return (f"Intervals: {'; '.join(kinds)}.",) if kinds else ()
