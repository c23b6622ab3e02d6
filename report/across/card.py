"""The report card: does a measure that sees the enhanced image alone order the rows as the truth does?

Over all rows without a known truth, of all data sets of a study whose clean images are known. Rows of one data set are
ranked among themselves; correlations are averaged over data sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from sspbench.contract import Measure

from ..drawing.style import FULL_WIDTH, Drawn, colour, marker
from ..makers.trust import MIN_ROWS, direction, trusted, unaided
from ..record import Cell, Column, Row, Table
from ..results import Results
from ..statistics.summary import complete
from ..subject import ORACLE

TRUTHS = {
    "ssim": ("SSIM", 1),
    "psnr": ("PSNR", 1),
    "dice": ("Dice", 1),
    "hallucinated": ("Less nerve invented", -1),
    "lost": ("Less nerve lost", -1),
}
"""What knows the truth, how people call it, and its better side."""

CLOSENESS = ("ssim", "psnr", "dice")
"""The truths that the verdict is about; invented and lost nerve tell what kind of error a measure rewards."""

DRAWS = 1000
"""Times the test images are drawn anew for an interval."""

AGREES, AGAINST, OPEN = "in line with the truth", "runs against the truth", "shows neither"


@dataclass(frozen=True)
class Mark:
    """A measure's mark against one truth: mean rank correlation over data sets with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Graded:
    """A measure and its marks by truth; ``why`` says why there are none."""

    measure: Measure
    places: tuple[str, ...]
    marks: Mapping[str, Mark]
    why: str = ""

    @property
    def verdict(self) -> str:
        """What the intervals together say."""
        if self.why:
            return self.why
        marks = [self.marks[name] for name in CLOSENESS if name in self.marks]
        if marks and all(mark.low > 0 for mark in marks):
            return AGREES
        return AGAINST if marks and all(mark.high < 0 for mark in marks) else OPEN


def graded(several: Mapping[str, Results]) -> list[Graded]:
    """Return the marks of every measure without knowledge of the truth; empty where no clean image is known."""
    ranked = [(results, found) for results in several.values() if (found := trusted(results))]
    if not ranked:
        return []
    known, first = [results for results, _ in ranked], ranked[0][0]
    places: dict[str, list[str]] = defaultdict(list)
    for each in (each for _, found in ranked for each in found):
        places[each.measure.name].append(f"{each.place} of {each.rows}")
    names = unaided(first)
    measures = [measure for measure in first.measures.values() if measure.name in names and direction(measure)]
    return [_grade(known, measure, tuple(places[measure.name])) for measure in measures]


def _grade(several: Sequence[Results], measure: Measure, places: tuple[str, ...]) -> Graded:
    if not any(results.summary(row.id, measure.name).n for results in several for row in results.rows):
        return Graded(measure, (), {}, _why(several[0], measure.name))
    found = {name: mark for name in TRUTHS if (mark := _mark(several, measure, name)) is not None}
    return Graded(measure, places, found) if found else Graded(measure, places, {}, "too few rows")


def _why(results: Results, name: str) -> str:
    notes = results.scores.loc[results.scores["metric"] == name, "note"].dropna()
    return f"not measured: {str(notes.iloc[0]).removeprefix('n/a: ').split('(')[0].strip()}" if len(notes) else "n/a"


def _mark(several: Sequence[Results], measure: Measure, truth: str) -> Mark | None:
    """Return the mean correlation over data sets; images are drawn anew in each, the rows of a data set together."""
    random = np.random.default_rng(0)
    drawn = [found for results in several if (found := _correlations(results, measure, truth, random)) is not None]
    if not drawn:
        return None
    mean = np.mean(drawn, axis=0)
    low, high = np.quantile(mean[1:], (0.025, 0.975))
    return Mark(float(mean[0]), float(low), float(high))


def _correlations(results: Results, measure: Measure, truth: str, random: np.random.Generator) -> np.ndarray | None:
    """Return (1 + DRAWS,) rank correlations: of all test images, then of images drawn with replacement."""
    rows = [row.id for row in results.rows if row.group != ORACLE and results.ended(row) == "done"]
    pairs = [(_by_image(results, row, measure.name), _by_image(results, row, truth)) for row in rows]
    pairs = [(ours, known) for ours, known in pairs if len(ours) and len(known)]
    count = max((len(ours) for ours, _ in pairs), default=0)
    pairs = [pair for pair in pairs if len(pair[0]) == count and len(pair[1]) == count]
    if len(pairs) < MIN_ROWS:
        return None
    ours, known = (np.stack(side) for side in zip(*pairs, strict=True))
    weights = np.vstack([np.ones(count), random.multinomial(count, np.full(count, 1 / count), DRAWS)]) / count
    ranks = [stats.rankdata(side @ weights.T, axis=0) for side in (direction(measure) * ours, TRUTHS[truth][1] * known)]
    first, second = (side - side.mean(axis=0) for side in ranks)
    scale = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return np.divide((first * second).sum(axis=0), scale, out=np.zeros(len(scale)), where=scale > 0)


def _by_image(results: Results, row: str, name: str) -> np.ndarray:
    """Return the mean over trainings of every image that is defined under all of them."""
    return np.asarray(complete(results.values(row, name)).mean(axis=1), dtype=float)


def card(found: Sequence[Graded]) -> Table:
    """Return the report card."""
    columns = (
        Column("places", "Clean image ranks", form="words"),
        *(Column(name, label, decimals=2) for name, (label, _) in TRUTHS.items()),
        Column("verdict", "Verdict", form="words"),
    )
    rows = tuple(Row(each.measure.name, _label(each.measure), _cells(each)) for each in found)
    notes = (
        "Spearman's rank correlation over the rows of a data set without a known truth, averaged over data sets; 1 "
        "means that the measure, read as papers read it, orders the rows as the truth does.",
        f"95 % intervals: test images drawn with replacement ({DRAWS} times); rows and trainings are these, "
        "and rows with undefined values are left out.",
        f"“{AGREES}”: the intervals for SSIM, PSNR and Dice are all above zero. “{AGAINST}”: all are below; such a "
        "column should not be printed as merit.",
    )
    title = "Which measures order methods as the truth does"
    return Table("report_card", title, columns, rows, head="Measure", notes=notes)


def _label(measure: Measure) -> str:
    return f"{measure.label} ({'higher' if direction(measure) > 0 else 'lower'} is read as better)"


def _cells(each: Graded) -> tuple[Cell, ...]:
    marks = (each.marks.get(name) for name in TRUTHS)
    numbers = (Cell() if mark is None else Cell(mean=mark.mean, low=mark.low, high=mark.high) for mark in marks)
    return Cell(text="; ".join(each.places)), *numbers, Cell(text=each.verdict)


def drawn(found: Sequence[Graded]) -> Drawn:
    """Return the marks of every measure: a group per measure, a point with its interval per truth."""
    shown = [each for each in found if each.marks]
    figure = Figure((FULL_WIDTH, 0.5 + 0.5 * len(shown)), layout="constrained")
    axes = figure.subplots()
    for number, (name, (label, _)) in enumerate(TRUTHS.items()):
        points = [(place, each.marks[name]) for place, each in enumerate(shown) if name in each.marks]
        down = [place + 0.15 * (number - 2) for place, _ in points]
        means = np.array([mark.mean for _, mark in points])
        ends = np.array([[mark.mean - mark.low, mark.high - mark.mean] for _, mark in points]).T.clip(min=0)
        axes.errorbar(
            means, down, xerr=ends, label=label, color=colour(number), fmt=marker(number), markersize=4, elinewidth=1
        )
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_yticks(range(len(shown)), [_label(each.measure) for each in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(-1.05, 1.05)
    axes.set_xlabel("rank correlation with the truth over rows: below zero the measure rewards what is farther from it")
    figure.legend(loc="outside upper center", ncols=len(TRUTHS), frameon=False)
    caption = "Report card of the measures that see the enhanced image alone, against five truths."
    return Drawn(figure, caption, "Points with intervals: rank correlation of each measure with each truth.")
