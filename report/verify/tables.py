"""The verdicts as table records."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from ..tables.record import Cell, Column, Row, Table
from .fresh_seed import OrderedPair
from .replay import ReplayedQuantity
from .verdicts import FeatureCheck, RowVerdict

MAX_NAMED_FEATURES = 3  # features outside their bands that a verdict names; the second table has all


def make_verdict_tables(found: Sequence[RowVerdict], label: Callable[[str], str]) -> list[Table]:
    """Return the verdicts, and every feature outside its band where there is one."""
    outside = _make_outside_table(found, label)
    return [_make_verdicts_table(found, label), *([outside] if outside.rows else [])]


def _make_verdicts_table(found: Sequence[RowVerdict], label: Callable[[str], str]) -> Table:
    columns = (
        Column("verdict", "Verdict", form="words"),
        Column("seeds", "Seeds", decimals=0),
        Column("published", "Published seeds", decimals=0),
        Column("checks", "Checks", decimals=0),
        Column("why", "What does not fit", form="words"),
    )
    rows = []
    for one in found:
        counts = (Cell(mean=float(count)) for count in (one.seeds, one.published, len(one.checks)))
        rows.append(Row(one.row, label(one.row), (Cell(one.verdict), *counts, Cell(_describe_faults(one)))))
    notes = (
        "Not consistent: a value is outside its band; the means of so many seeds of the published recipe all stay in "
        "theirs 99 times of 100. Too few seeds: the bands are so wide that a run that did nothing would lie within.",
    )
    frame = _make_verdict_frame(found, label)
    return Table("verdicts", "Runs against published seeds", columns, tuple(rows), notes=notes, data=frame)


def _describe_faults(found: RowVerdict) -> str:
    worst = [f"{check.feature.name} {_describe_check(check)}" for check in found.outside_checks]
    more = [f"{len(worst) - MAX_NAMED_FEATURES} more"] if len(worst) > MAX_NAMED_FEATURES else []
    return "; ".join([*found.faults, *worst[:MAX_NAMED_FEATURES], *more]) or "–"


def _describe_check(check: FeatureCheck) -> str:
    _, low, high = check.limits
    return f"{check.feature.value:.4g}, band {low:.4g} to {high:.4g} ({check.distance:.1f} half-widths away)"


def _make_outside_table(found: Sequence[RowVerdict], label: Callable[[str], str]) -> Table:
    columns = (
        Column("feature", "What", form="words"),
        Column("value", "Value"),
        Column("band", "Published mean [band]"),
        Column("distance", "Half-widths away", decimals=1),
    )
    rows = []
    for one in found:
        for check in one.outside_checks:
            centre, low, high = check.limits
            numbers = Cell(mean=check.feature.value), Cell(mean=centre, low=low, high=high), Cell(mean=check.distance)
            rows.append(Row(one.row, label(one.row), (Cell(check.feature.name), *numbers)))
    return Table("outside", "Outside their bands", columns, tuple(rows))


def make_rank_check_table(pairs: Sequence[OrderedPair]) -> Table:
    """Return the pairs of rows that a release parts, with their differences in Dice there and on new images."""
    columns = (
        Column("published", "Published difference [95 % CI]", decimals=3),
        Column("fresh", "New images [95 % CI]", decimals=3),
        Column("verdict", "Order", form="words"),
    )
    rows = []
    for pair in pairs:
        sides = [
            Cell(mean=one.difference, low=one.low, high=one.high, n=one.images) for one in (pair.published, pair.fresh)
        ]
        name = f"{pair.better} over {pair.worse}"
        rows.append(Row(f"{pair.better}-{pair.worse}", name, (*sides, Cell(pair.verdict))))
    notes = ("One training on the new images: its intervals are over images and hold for these weights.",)
    return Table("order", "Does the order hold on new images?", columns, tuple(rows), notes=notes, head="Pair")


def _make_verdict_frame(found: Sequence[RowVerdict], label: Callable[[str], str]) -> pd.DataFrame:
    """Return every feature of every row with its band, one line each."""
    lines = [
        {
            "row": one.row,
            "label": label(one.row),
            "verdict": one.verdict,
            "feature": check.feature.name,
            "kind": check.feature.kind,
            "seeds": len(check.feature.given),
            "published_seeds": len(check.feature.published),
            "value": check.feature.value,
            **dict(zip(("centre", "low", "high"), check.limits, strict=True)),
            "distance": check.distance,
            "df": check.band.df,
            "outside": check.is_outside,
            "stands_on": check.why,
        }
        for one in found
        for check in one.checks
    ]
    return pd.DataFrame(lines)


def make_replay_table(found: Sequence[ReplayedQuantity]) -> Table:
    """Return every loss and measure with its verdict."""
    columns = (
        Column("published", "Published"),
        Column("replayed", "Replayed"),
        Column("difference", "Largest difference, relative", form="words"),
        Column("first", "First differs at", form="words"),
        Column("verdict", "Verdict", form="words"),
    )
    rows = []
    for one in found:
        words = Cell(f"{one.difference:.2g}"), Cell(one.first or "–"), Cell(one.verdict)
        rows.append(Row(one.name, one.name, (Cell(mean=one.published), Cell(mean=one.replayed), *words), one.kind))
    notes = ("Equal: in all published digits. Within rounding: to 0.1 %, as another processor may compute it.",)
    return Table("replay", "Replayed and published", columns, tuple(rows), notes=notes)
