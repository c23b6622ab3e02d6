"""What stands on the first screen: the answer, how far it reaches, the forest plot and the cards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..charts.forest import Forest, forest, others
from ..primary import PrimaryAnalysis
from ..results import Results

SHORT_SCALES = {
    "paper": "the paper's protocol",
    "official": "the official code's protocol",
    "demo": "demonstration scale: few training steps, narrow networks",
    "smoke": "test scale: networks hardly trained",
}
"""The scale of a preset in a few words."""


@dataclass(frozen=True)
class Top:
    """The answer as the page shows it.

    Attributes:
        found: The primary analysis with its sentences.
        chips: How far it reaches, a few words each.
        forest: The plot of the methods; None where there is no primary analysis.
        others: The plot of the other rows; None where there are none.
    """

    found: PrimaryAnalysis
    chips: tuple[str, ...]
    forest: Forest | None
    others: Forest | None


def top(results: Results, found: PrimaryAnalysis, images: int) -> Top:
    """Return the top of the page.

    Args:
        results: The results.
        found: The primary analysis.
        images: Test images, where the analysis does not count them.
    """
    plots = (forest(found), others(found)) if found.exists else (None, None)
    return Top(found, tuple(_chips(results, found, images)), *plots)


def _chips(results: Results, found: PrimaryAnalysis, images: int) -> Iterator[str]:
    plan = results.plan
    yield SHORT_SCALES[plan.preset]
    count = found.images or images
    subjects = f" of {found.clusters} subjects" if 0 < found.clusters < found.images else ""
    kind = "real" if plan.dataset.meta["real"] else "simulated"
    yield f"{count} {kind} test image{'' if count == 1 else 's'}{subjects}"
    trainings = found.trainings or len(plan.config["seeds"])
    yield "one training per method" if trainings == 1 else f"{trainings} trainings per method"
