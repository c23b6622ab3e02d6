"""The report card: does a measure that sees the enhanced image alone order the rows as the truth does?

Over all rows without a known truth, of all data sets of a study whose clean images are known. Rows of one data set are
ranked among themselves; correlations are averaged over data sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from sspbench.contract import Measure

from ..analysis.metric_trust import MIN_CORRELATED_ROWS, assess_metrics, no_reference_metrics, reading_sign
from ..analysis.paper import ORACLE_GROUP
from ..analysis.results import Results
from ..analysis.statistics.summary import average_by_image
from ..figures.palette import REFERENCE_LINE_COLOUR
from ..figures.style import FULL_WIDTH_INCHES, FinishedFigure, method_style
from ..tables.record import Cell, Column, Row, Table

# Measures that use the truth, their names for people, and their better direction.
RELIABILITY_TRUTHS = {
    "ssim": ("SSIM", 1),
    "psnr": ("PSNR", 1),
    "dice": ("Dice", 1),
    "hallucinated": ("Less invented", -1),
    "lost": ("Less lost", -1),
}

# The truths that the verdict is about; invented and lost length show what kind of error a measure rewards.
CLOSENESS_TRUTHS = ("ssim", "psnr", "dice")

BOOTSTRAP_DRAWS = 1000  # times the test images are redrawn for an interval

VERDICT_AGREES, VERDICT_OPPOSES, VERDICT_UNDECIDED = "in line with the truth", "runs against the truth", "shows neither"


@dataclass(frozen=True)
class TruthCorrelation:
    """A measure's mark against one truth: mean rank correlation over data sets with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class MetricGrade:
    """A measure and its marks by truth; without marks, ``reason`` says why."""

    measure: Measure
    clean_image_ranks: tuple[str, ...]
    correlations: Mapping[str, TruthCorrelation]
    reason: str = ""

    @property
    def verdict(self) -> str:
        """What the intervals together say."""
        if self.reason:
            return self.reason
        marks = [self.correlations[name] for name in CLOSENESS_TRUTHS if name in self.correlations]
        if marks and all(mark.low > 0 for mark in marks):
            return VERDICT_AGREES
        return VERDICT_OPPOSES if marks and all(mark.high < 0 for mark in marks) else VERDICT_UNDECIDED


def rank_metrics(several: Mapping[str, Results]) -> list[MetricGrade]:
    """Return the marks of every measure that does not use the truth; empty if no clean image is known."""
    known: list[Results] = []
    places: dict[str, list[str]] = defaultdict(list)
    for results in several.values():
        found = assess_metrics(results)
        known += [results] if found else []
        for each in found:
            places[each.measure.name].append(f"{each.clean_rank} of {each.row_count}")
    if not known:
        return []
    first = known[0]
    names = no_reference_metrics(first)
    measures = [measure for measure in first.measures.values() if measure.name in names and reading_sign(measure)]
    return [_rank_metric(known, measure, tuple(places[measure.name])) for measure in measures]


def _rank_metric(several: Sequence[Results], measure: Measure, places: tuple[str, ...]) -> MetricGrade:
    if not any(results.summary(row.id, measure.name).n for results in several for row in results.rows):
        return MetricGrade(measure, (), {}, _reason_not_measured(several[0], measure.name))
    marks = {name: _correlate_with_truth(several, measure, name) for name in RELIABILITY_TRUTHS}
    found = {name: mark for name, mark in marks.items() if mark is not None}
    return MetricGrade(measure, places, found) if found else MetricGrade(measure, places, {}, "too few rows")


def _reason_not_measured(results: Results, name: str) -> str:
    notes = results.scores.loc[results.scores["metric"] == name, "note"].dropna()
    return f"not measured: {str(notes.iloc[0]).removeprefix('n/a: ').split('(')[0].strip()}" if len(notes) else "n/a"


def _correlate_with_truth(several: Sequence[Results], measure: Measure, truth: str) -> TruthCorrelation | None:
    """Return the mean correlation over data sets; images are redrawn in each, the rows of a data set together."""
    random = np.random.default_rng(0)
    drawn = [_bootstrap_correlations(results, measure, truth, random) for results in several]
    known = [found for found in drawn if found is not None]
    if not known:
        return None
    mean = np.mean(known, axis=0)
    low, high = np.quantile(mean[1:], (0.025, 0.975))
    return TruthCorrelation(float(mean[0]), float(low), float(high))


def _bootstrap_correlations(
    results: Results, measure: Measure, truth: str, random: np.random.Generator
) -> np.ndarray | None:
    """Return (1 + DRAWS,) rank correlations: of all test images, then of images drawn with replacement."""
    rows = [row.id for row in results.rows if row.group != ORACLE_GROUP and results.status_text(row) == "done"]
    values = [[average_by_image(results.values(row, name)) for name in (measure.name, truth)] for row in rows]
    images = max((ours.index for ours, known in values if len(known)), key=len, default=pd.Index([]))
    pairs = [pair for pair in values if len(images) and all(side.index.equals(images) for side in pair)]
    if len(pairs) < MIN_CORRELATED_ROWS:
        return None
    count = len(images)
    ours, known = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    weights = np.vstack([np.ones(count), random.multinomial(count, np.full(count, 1 / count), BOOTSTRAP_DRAWS)]) / count
    ranks = [
        stats.rankdata(side @ weights.T, axis=0)
        for side in (reading_sign(measure) * ours, RELIABILITY_TRUTHS[truth][1] * known)
    ]
    first, second = (side - side.mean(axis=0) for side in ranks)
    scale = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return np.divide((first * second).sum(axis=0), scale, out=np.zeros(len(scale)), where=scale > 0)


def make_reliability_table(found: Sequence[MetricGrade]) -> Table:
    """Return the report card."""
    columns = (
        Column("places", "Clean image ranks", form="words"),
        *(Column(name, label, decimals=2) for name, (label, _) in RELIABILITY_TRUTHS.items()),
        Column("verdict", "Verdict", form="words"),
    )
    rows = tuple(Row(each.measure.name, _reading_label(each.measure), _make_cells(each)) for each in found)
    notes = (
        "Spearman's rank correlation over the rows of a data set without a known truth, averaged over data sets; 1 "
        "means that the measure, read as papers read it, orders the rows as the truth does.",
        f"95 % intervals: test images drawn with replacement ({BOOTSTRAP_DRAWS} times); rows and trainings are these, "
        "and rows with undefined values are left out.",
        f"“{VERDICT_AGREES}”: the intervals for SSIM, PSNR and Dice are all above zero. "
        f"“{VERDICT_OPPOSES}”: all are below; such a column should not be printed as merit.",
    )
    title = "Which measures order methods as the truth does"
    return Table("report_card", title, columns, rows, head="Measure", notes=notes)


def _reading_label(measure: Measure) -> str:
    return f"{measure.label} ({'higher' if reading_sign(measure) > 0 else 'lower'} is read as better)"


def _make_cells(each: MetricGrade) -> tuple[Cell, ...]:
    marks = (each.correlations.get(name) for name in RELIABILITY_TRUTHS)
    numbers = (Cell() if mark is None else Cell(mean=mark.mean, low=mark.low, high=mark.high) for mark in marks)
    return Cell(text="; ".join(each.clean_image_ranks)), *numbers, Cell(text=each.verdict)


def draw_reliability_figure(found: Sequence[MetricGrade]) -> FinishedFigure:
    """Return the marks of every measure: a group per measure, a point with its interval per truth."""
    shown = [each for each in found if each.correlations]
    figure = Figure((FULL_WIDTH_INCHES, 0.5 + 0.5 * len(shown)), layout="constrained")
    axes = figure.subplots()
    for number, (name, (label, _)) in enumerate(RELIABILITY_TRUTHS.items()):
        points = [(place, each.correlations[name]) for place, each in enumerate(shown) if name in each.correlations]
        down = [place + 0.15 * (number - 2) for place, _ in points]
        means = np.array([mark.mean for _, mark in points])
        ends = np.array([[mark.mean - mark.low, mark.high - mark.mean] for _, mark in points]).T.clip(min=0)
        axes.errorbar(means, down, xerr=ends, label=label, linestyle="none", elinewidth=1, **method_style(number))
    axes.axvline(0, color=REFERENCE_LINE_COLOUR, linewidth=0.8)
    axes.set_yticks(range(len(shown)), [_reading_label(each.measure) for each in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(-1.05, 1.05)
    axes.set_xlabel("rank correlation with the truth over rows: below zero the measure rewards what is farther from it")
    figure.legend(loc="outside upper center", ncols=len(RELIABILITY_TRUTHS), frameon=False)
    caption = "Report card of the measures that see the enhanced image alone, against five truths."
    return FinishedFigure(figure, caption, "Points with intervals: rank correlation of each measure with each truth.")
