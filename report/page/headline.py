"""What stands on the first screen: the answer, how far it reaches, the forest plot and the cards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..analysis.primary_analysis import PrimaryAnalysis
from ..analysis.results import Results
from ..figures.svg.forest_plot import ForestPlot, make_forest, make_other_rows_forest

SHORT_SCALE_TEXTS = {
    "paper": "the paper's protocol",
    "official": "the official code's protocol",
    "demo": "demonstration scale: few training steps, narrow networks",
    "smoke": "test scale: networks hardly trained",
}
"""The scale of a preset in a few words."""


@dataclass(frozen=True)
class PageHeadline:
    """The answer as the page shows it.

    Attributes:
        found: The primary analysis with its sentences.
        chips: How far it reaches, a few words each.
        forest: The plot of the methods; None where there is no primary analysis.
        others: The plot of the other rows; None where there are none.
    """

    found: PrimaryAnalysis
    chips: tuple[str, ...]
    forest: ForestPlot | None
    others: ForestPlot | None


def make_headline(results: Results, found: PrimaryAnalysis, images: int) -> PageHeadline:
    """Return the top of the page.

    Args:
        results: The results.
        found: The primary analysis.
        images: Test images, where the analysis does not count them.
    """
    plots = (make_forest(found), make_other_rows_forest(found)) if found.is_available else (None, None)
    return PageHeadline(found, tuple(_iter_chips(results, found, images)), *plots)


def _iter_chips(results: Results, found: PrimaryAnalysis, images: int) -> Iterator[str]:
    plan = results.plan
    yield SHORT_SCALE_TEXTS[plan.preset]
    count = found.images or images
    subjects = f" of {found.clusters} subjects" if 0 < found.clusters < found.images else ""
    kind = "real" if plan.dataset.meta["real"] else "simulated"
    yield f"{count} {kind} test image{'' if count == 1 else 's'}{subjects}"
    trainings = found.trainings or len(plan.config["seeds"])
    yield "one training per method" if trainings == 1 else f"{trainings} trainings per method"
