"""Whether the order of the methods carries over from one data set to another, measure by measure.

For every two data sets of different kinds in a study, over the rows that both have. Untrained networks and ablations
are left out: they are last, or close to their method, on any images, and would raise the agreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sspbench.plugins.row_groups import UNTRAINED_VARIANT

from ..analysis.comparison_sentences import join_names
from ..analysis.metric_trust import MIN_CORRELATED_ROWS
from ..analysis.paper import ORACLE_GROUP, TRIVIAL_GROUP
from ..analysis.results import MethodRow, Results
from ..analysis.statistics.crossed_effects import group_by_cluster
from ..analysis.statistics.order_agreement import KEPT_ORDER_TAU, OrderAgreement, measure_agreement
from ..analysis.statistics.summary import keep_complete_images
from ..figures.palette import REFERENCE_LINE_COLOUR
from ..figures.style import FULL_WIDTH_INCHES, FinishedFigure, method_colour, method_style
from ..tables.record import Cell, Column, Row, Table

# The measures that use the truth. The order by Dice is also that by the gain in Dice over the untouched image.
TRANSFER_MEASURES = ("dice", "psnr", "ssim", "lost", "hallucinated")

DRAWN_MEASURES = ("dice", "psnr", "ssim")  # each has a panel of the figure

# The two sets of rows that are ordered, as headings.
ALL_ROWS, METHOD_ROWS = "Methods, trivial methods and the untouched image", "Methods and the untouched image"

TRIVIAL_WIDTH, METHOD_WIDTH = 0.5, 1.4  # widths of lines, in points


@dataclass(frozen=True)
class OrderTransfer:
    """The order of some rows in one measure on two data sets."""

    measure: str
    label: str  # of the measure
    heading: str  # which rows: ``ALL_ROWS`` or ``METHOD_ROWS``
    labels: tuple[str, ...]  # of the rows
    ranks: np.ndarray  # (2, rows), on each data set, 1 is best
    agreement: OrderAgreement
    images: tuple[int, int]  # of each data set, that count

    @property
    def verdict(self) -> str:
        """What the agreement says, in words."""
        if self.agreement.carries_over is None:
            count = self.agreement.trainings
            return f"is undecided with {'one training' if count == 1 else f'{count} trainings'}"
        return "carries over" if self.agreement.carries_over else "does not carry over"


@dataclass(frozen=True)
class DataSetPair:
    """Two data sets of different kinds, by their names in the results."""

    names: tuple[str, str]
    results: tuple[Results, Results]

    def list_common_rows(self) -> list[MethodRow]:
        """Return the rows that both have finished and that are ordered."""
        one, other = self.results
        done = {row.id for row in other.rows if other.status_text(row) == "done"}
        ordered = [row for row in one.rows if row.id in done and _is_ordered(row)]
        return [row for row in ordered if one.status_text(row) == "done"]

    def explain_missing_rows(self) -> Iterator[str]:
        """Yield why a row that would be ordered has no place: it is not applicable or has failed on a data set."""
        for name, results in zip(self.names, self.results, strict=True):
            for row in results.rows:
                status = results.status_text(row)
                if status != "done" and _is_ordered(row):
                    yield f"Left out: {row.label}, on {name} {status}."


def _is_ordered(row: MethodRow) -> bool:
    return row.group != ORACLE_GROUP and not row.is_ablation and row.runs[0].variant != UNTRAINED_VARIANT


def list_pairs(several: Mapping[str, Results]) -> list[DataSetPair]:
    """Return every two data sets that come from different plugins; doses or draws of one simulator are left out."""
    pairs = [DataSetPair((one, other), (several[one], several[other])) for one, other in combinations(several, 2)]
    return [pair for pair in pairs if pair.results[0].plan.dataset.name != pair.results[1].plan.dataset.name]


def compare_orders(pair: DataSetPair) -> list[OrderTransfer]:
    """Return the orders of all rows and of the methods alone, measure by measure, where enough rows have values."""
    rows = pair.list_common_rows()
    parts = {METHOD_ROWS: [row for row in rows if row.group != TRIVIAL_GROUP], ALL_ROWS: rows}
    choices = product(parts.items(), TRANSFER_MEASURES)
    found = (_compare_order(pair, measure, heading, part) for (heading, part), measure in choices)
    return [each for each in found if each is not None]


def _compare_order(pair: DataSetPair, measure: str, heading: str, rows: Sequence[MethodRow]) -> OrderTransfer | None:
    """Compare the orders of rows; None where a data set lacks the measure, or fewer than five rows have values."""
    first = pair.results[0].measures.get(measure)
    if first is None or any(measure not in results.measures for results in pair.results):
        return None
    shown = [row for row in rows if all(each.summary(row.id, measure).n for each in pair.results)]
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


def make_transfer_table(pair: DataSetPair, found: Sequence[OrderTransfer]) -> Table:
    """Return the table of one pair of data sets."""
    rows = tuple(_make_row(each) for each in found)
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


def _make_row(each: OrderTransfer) -> Row:
    found = each.agreement
    tau = Cell(mean=found.tau, low=found.low, high=found.high, n=min(each.images), seeds=found.trainings)
    cells = (Cell(mean=len(each.labels)), tau, Cell(mean=min(found.own)), Cell(each.verdict))
    key = each.measure if each.heading == ALL_ROWS else f"{each.measure}-methods"
    return Row(key, each.label, cells, heading=each.heading)


def _make_frame(pair: DataSetPair, found: Sequence[OrderTransfer]) -> pd.DataFrame:
    """Return the ranks behind the table, a line per measure and row."""
    lines = []
    for each in found:
        last = each.agreement.tau, each.agreement.low, each.agreement.high, each.verdict
        for label, ranks in zip(each.labels, each.ranks.T, strict=True):
            lines.append((each.measure, each.heading, label, *ranks, *last))
    heads = [f"rank_{name}" for name in pair.names]
    return pd.DataFrame(lines, columns=["measure", "rows", "row", *heads, "tau", "low", "high", "verdict"])


def describe_transfer(pair: DataSetPair, found: Sequence[OrderTransfer]) -> Iterator[str]:
    """Yield the answer in words, a sentence for each set of rows."""
    for heading in dict.fromkeys(each.heading for each in found):
        labels: dict[str, list[str]] = {}
        for each in found:
            if each.heading == heading:
                labels.setdefault(each.verdict, []).append(each.label)
        places = {
            verdict: join_names(names) if len(labels) > 1 else "every measure" for verdict, names in labels.items()
        }
        said = [f"{verdict} in {place}" for verdict, place in places.items()]
        yield f"{heading}: from {pair.names[0]} to {pair.names[1]} the order {'; it '.join(said)}."


def draw_transfer_figure(pair: DataSetPair, found: Sequence[OrderTransfer]) -> FinishedFigure:
    """Return a panel per measure: methods and the untouched image in colours with names, trivial methods in grey."""
    shown = [each for each in found if each.heading == ALL_ROWS and each.measure in DRAWN_MEASURES]
    named = {label for each in found if each.heading == METHOD_ROWS for label in each.labels}
    places = {label: place for place, label in enumerate(sorted(named))}
    figure = Figure((FULL_WIDTH_INCHES, 3.0), layout="constrained")
    for axes, each in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        _draw_panel(axes, each, places, pair.names)
    sentences = " ".join(describe_transfer(pair, found))
    caption = f"Ranks on {pair.names[0]} and on {pair.names[1]}, 1 is best; trivial methods in grey. {sentences}"
    return FinishedFigure(figure, caption, "Lines from the rank of each row on one data set to that on the other.")


def _draw_panel(axes: Axes, each: OrderTransfer, places: dict[str, int], names: tuple[str, str]) -> None:
    for label, ranks in zip(each.labels, each.ranks.T, strict=True):
        if label not in places:
            axes.plot((0, 1), ranks, color=REFERENCE_LINE_COLOUR, linewidth=TRIVIAL_WIDTH, alpha=0.6)
            continue
        axes.plot((0, 1), ranks, linewidth=METHOD_WIDTH, **method_style(places[label]))
        colour = method_colour(places[label])
        axes.annotate(label, (1, ranks[1]), (6, 0), textcoords="offset points", va="center", fontsize=7, color=colour)
    axes.set_title(f"{each.label}: tau {each.agreement.tau:.2f}".replace("-", "\N{MINUS SIGN}"))
    axes.set_xlim(-0.1, 1.1)
    axes.set_xticks((0, 1), names)
    axes.set_ylim(len(each.labels) + 0.5, 0.5)
    axes.set_yticks(range(1, len(each.labels) + 1, 2))
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
