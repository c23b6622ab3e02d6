"""Whether the order of the methods carries over from one data set to another, measure by measure.

For every two data sets of different kinds in a study, over the rows that both have. Untrained networks and ablations
are left out: they are last, or close to their method, on any images, and would raise the agreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from sspbench.plugins.row_groups import UNTRAINED_VARIANT

from ..analysis.comparison_sentences import join_names
from ..analysis.metric_trust import MIN_CORRELATED_ROWS
from ..analysis.paper import ORACLE_GROUP, TRIVIAL_GROUP
from ..analysis.results import MethodRow, Results
from ..analysis.statistics.crossed_effects import group_by_cluster
from ..analysis.statistics.order_agreement import KEPT_ORDER_TAU, OrderAgreement, measure_agreement
from ..analysis.statistics.summary import keep_complete_images
from ..tables.record import Cell, Column, Row, Table

TRANSFER_MEASURES = ("dice", "psnr", "ssim", "lost", "hallucinated")
"""The measures that use the truth. The order by Dice is also that by the gain in Dice over the untouched image."""

ALL_ROWS, METHOD_ROWS = "Methods, trivial methods and the untouched image", "Methods and the untouched image"
"""The two sets of rows that are ordered, as headings."""


@dataclass(frozen=True)
class OrderTransfer:
    """The order of some rows in one measure on two data sets.

    Attributes:
        measure: Its name.
        label: Its label.
        heading: Which rows: ``ALL_ROWS`` or ``METHOD_ROWS``.
        labels: Labels of the rows.
        ranks: (2, rows) ranks on each data set, 1 is best.
        agreement: What the two data sets say about each other.
        images: Images of each data set that count.
    """

    measure: str
    label: str
    heading: str
    labels: tuple[str, ...]
    ranks: np.ndarray
    agreement: OrderAgreement
    images: tuple[int, int]

    @property
    def verdict(self) -> str:
        """What the agreement says, in words."""
        words = {True: "carries over", False: "does not carry over"}
        found = self.agreement.carries_over
        count = self.agreement.trainings
        undecided = f"is undecided with {'one training' if count == 1 else f'{count} trainings'}"
        return undecided if found is None else words[found]


@dataclass(frozen=True)
class DataSetPair:
    """Two data sets of different kinds, by their names in the results."""

    names: tuple[str, str]
    results: tuple[Results, Results]

    def list_common_rows(self) -> list[MethodRow]:
        """Return the rows that both have finished and that are ordered."""
        done = [_list_done(results) for results in self.results]
        return [row for row in self.results[0].rows if row.id in done[0] & done[1] and _is_ordered(row)]

    def explain_missing_rows(self) -> Iterator[str]:
        """Yield why a row that would be ordered has no place: it is not applicable or has failed on a data set."""
        for name, results in zip(self.names, self.results, strict=True):
            for row in results.rows:
                status = results.status_text(row)
                if status != "done" and _is_ordered(row):
                    yield f"Left out: {row.label}, on {name} {status}."


def _list_done(results: Results) -> set[str]:
    return {row.id for row in results.rows if results.status_text(row) == "done"}


def _is_ordered(row: MethodRow) -> bool:
    return row.group != ORACLE_GROUP and not row.is_ablation and row.runs[0].variant != UNTRAINED_VARIANT


def list_pairs(several: Mapping[str, Results]) -> list[DataSetPair]:
    """Return every two data sets that come from different plugins; doses or draws of one simulator are left out."""
    pairs = combinations(several.items(), 2)
    return [
        DataSetPair((one, other), (first, second))
        for (one, first), (other, second) in pairs
        if first.plan.dataset.name != second.plan.dataset.name
    ]


def compare_orders(pair: DataSetPair) -> list[OrderTransfer]:
    """Return the orders of all rows and of the methods alone, measure by measure, where enough rows have values."""
    rows = pair.list_common_rows()
    parts = {METHOD_ROWS: [row for row in rows if row.group != TRIVIAL_GROUP], ALL_ROWS: rows}
    found = (
        _compare_order(pair, measure, heading, part) for heading, part in parts.items() for measure in TRANSFER_MEASURES
    )
    return [each for each in found if each is not None]


def _compare_order(pair: DataSetPair, measure: str, heading: str, rows: Sequence[MethodRow]) -> OrderTransfer | None:
    """Compare the orders of rows; None where a data set lacks the measure, or fewer than five rows have values."""
    first = pair.results[0].measures.get(measure)
    if first is None or any(measure not in results.measures for results in pair.results):
        return None
    shown = [
        row for row in rows if all(len(keep_complete_images(each.values(row.id, measure))) for each in pair.results)
    ]
    if len(shown) < MIN_CORRELATED_ROWS:
        return None
    sign = -1 if first.better == "lower" else 1
    values = [sign * _stack_rows(results, shown, measure) for results in pair.results]
    if not all(each.size for each in values):
        return None
    ranks = np.stack([pd.Series(-each.mean(axis=(1, 2))).rank().to_numpy() for each in values])
    images = (values[0].shape[2], values[1].shape[2])
    labels = tuple(row.label for row in shown)
    return OrderTransfer(measure, first.label, heading, labels, ranks, measure_agreement(values[0], values[1]), images)


def _stack_rows(results: Results, rows: Sequence[MethodRow], measure: str) -> np.ndarray:
    """Return (rows, trainings, images) values, of the images that are defined in all rows; of subjects where known."""
    grids = [keep_complete_images(results.values(row.id, measure)) for row in rows]
    common = sorted(set.intersection(*(set(grid.index) for grid in grids)))
    clusters = [results.clusters[name] for name in common] if results.clusters else None
    return np.stack([group_by_cluster(grid.loc[common].to_numpy(dtype=float).T, clusters) for grid in grids])


TRANSFER_COLUMNS = (
    Column("rows", "Rows", decimals=0),
    Column("tau", "Kendall's tau [95 % CI]", better="higher", decimals=2),
    Column("own", "Settled order: at least", better="higher", decimals=2),
    Column("verdict", "The order", form="words"),
)
"""Columns of the table."""


def make_transfer_table(pair: DataSetPair, found: Sequence[OrderTransfer]) -> Table:
    """Return the table of one pair of data sets."""
    rows = tuple(Row(_make_key(each), each.label, _make_cells(each), heading=each.heading) for each in found)
    one, other = pair.names
    notes = (
        *describe_transfer(pair, found),
        f"Tau {KEPT_ORDER_TAU:g}: of four pairs of rows three keep their order. The order carries over where the "
        "interval lies above it. It does not where the interval lies below it, although both orders are settled.",
        "Intervals: trainings and images of both data sets redrawn, widened for their small number. Settled order: tau "
        "of a data set with its own redraws, lower end of the interval, for the less settled data set.",
        "Untrained networks, ablations and the known truth are not ordered.",
        *pair.explain_missing_rows(),
    )
    title = f"Whether the order of the methods carries over from {one} to {other}"
    key = f"order_{one}_{other}"
    return Table(key, title, TRANSFER_COLUMNS, rows, head="Measure", notes=notes, data=_make_frame(pair, found))


def _make_key(each: OrderTransfer) -> str:
    return each.measure if each.heading == ALL_ROWS else f"{each.measure}-methods"


def _make_cells(each: OrderTransfer) -> tuple[Cell, ...]:
    agreement = each.agreement
    tau = Cell(
        mean=agreement.tau, low=agreement.low, high=agreement.high, n=min(each.images), seeds=agreement.trainings
    )
    return Cell(mean=len(each.labels)), tau, Cell(mean=min(agreement.own)), Cell(each.verdict)


def _make_frame(pair: DataSetPair, found: Sequence[OrderTransfer]) -> pd.DataFrame:
    """Return the ranks behind the table, a line per measure and row."""
    lines = [
        (
            each.measure,
            each.heading,
            label,
            *ranks,
            each.agreement.tau,
            each.agreement.low,
            each.agreement.high,
            each.verdict,
        )
        for each in found
        for label, ranks in zip(each.labels, each.ranks.T, strict=True)
    ]
    ranks = [f"rank_{name}" for name in pair.names]
    return pd.DataFrame(lines, columns=["measure", "rows", "row", *ranks, "tau", "low", "high", "verdict"])


def describe_transfer(pair: DataSetPair, found: Sequence[OrderTransfer]) -> Iterator[str]:
    """Yield the answer in words, a sentence for each set of rows."""
    for heading in dict.fromkeys(each.heading for each in found):
        labels: dict[str, list[str]] = {}
        for each in found:
            if each.heading == heading:
                labels.setdefault(each.verdict, []).append(each.label)
        said = [
            f"{verdict} in {'every measure' if len(labels) == 1 else join_names(names)}"
            for verdict, names in labels.items()
        ]
        yield f"{heading}: from {pair.names[0]} to {pair.names[1]} the order {'; it '.join(said)}."
