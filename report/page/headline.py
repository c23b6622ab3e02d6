"""The first screen: the answer, the scale that it applies to, and the forest plot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..analysis.primary_analysis import PrimaryAnalysis
from ..analysis.run_record import RunFacts
from ..figures.svg.forest_plot import ForestPlot, make_forest, make_other_rows_forest

# The scale of a preset in a few words.
SHORT_SCALE_TEXTS = {
    "paper": "the SSP-Net paper's protocol",
    "official": "the official code's protocol",
    "demo": "demonstration scale: few training steps, narrow networks",
    "smoke": "test scale: networks hardly trained",
}


@dataclass(frozen=True)
class PageHeadline:
    """The answer as the page shows it.

    Attributes:
        found: The primary analysis with its sentences.
        chips: How far it reaches, a few words each.
        forest: The plot of the methods; None without a primary analysis.
        others: The plot of the other rows; None without any.
    """

    found: PrimaryAnalysis
    chips: tuple[str, ...]
    forest: ForestPlot | None
    others: ForestPlot | None


def make_headline(facts: RunFacts, found: PrimaryAnalysis) -> PageHeadline:
    """Return the top of the page.

    Args:
        facts: What was run.
        found: The primary analysis.
    """
    plots = (make_forest(found), make_other_rows_forest(found)) if found.is_available else (None, None)
    return PageHeadline(found, tuple(_iter_chips(facts, found)), *plots)


def _iter_chips(facts: RunFacts, found: PrimaryAnalysis) -> Iterator[str]:
    yield SHORT_SCALE_TEXTS[facts.preset]
    # without a primary analysis no images are counted, so the page says how many test images the run has
    count = found.images or facts.image_count
    subjects = f" of {found.clusters} subjects" if 0 < found.clusters < found.images else ""
    kind = "real" if facts.is_real else "simulated"
    yield f"{count} {kind} test image{'' if count == 1 else 's'}{subjects}"
    trainings = found.trainings or facts.seed_count
    yield "one training per method" if trainings == 1 else f"{trainings} trainings per method"
