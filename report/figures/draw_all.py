"""The figures: PNG and PDF each, ``index.json`` with their captions, and the panels of those made of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sspbench.files import write_json

from ..analysis.image_choice import (
    HASH_REASON,
    ChosenImage,
    choose_images,
    describe_choice_rule,
    find_showcase_row,
)
from ..analysis.results import Results
from ..parallel import parallel_map
from .checkpoints import plan_checkpoints
from .comparison import draw_comparison, find_difficulty_groups
from .distributions import plan_distributions
from .inline_svg import NumberFigure
from .metric_trust import plan_metric_trust
from .run_images import RunImages
from .segmentation import draw_facilitation, draw_segmentations
from .style import FinishedFigure, save_figure, use_figure_style
from .tradeoff import plan_tradeoff
from .training_curves import plan_training_curves

# The figures made of numbers, in the order of the page; None where the results do not allow one.
NUMBER_FIGURES: dict[str, Callable[[Results], NumberFigure | None]] = {
    "trust": plan_metric_trust,
    "distributions": plan_distributions,
    "tradeoff": plan_tradeoff,
    "checkpoints": plan_checkpoints,
    "training": plan_training_curves,
}


def draw_figures(results: Results, folder: Path, pictures: bool = True) -> None:
    """Draw every figure the results allow.

    Args:
        results: The results; failed methods are shown as failed.
        folder: Where to; ``index.json`` is ``{name: {file, caption, alt, pictures}}`` in the order of the page.
        pictures: Whether to draw those made of images; the others are made of numbers alone.
    """
    for old in (*folder.glob("*.png"), *folder.glob("*.pdf"), folder / "index.json"):
        old.unlink(missing_ok=True)
    numbers = [PlannedFigure(name, plan.draw) for name, plan in _plan_number_figures(results).items()]
    plots = [*(_plan_picture_figures(results) if pictures else ()), *numbers]
    with use_figure_style():
        drawn = parallel_map(lambda plot: _draw_and_save(plot, folder), plots, results.processes)
    entries = [(plot.name, facts) for plot, facts in zip(plots, drawn, strict=True) if facts is not None]
    write_json(folder / "index.json", {name: {**facts, "order": order} for order, (name, facts) in enumerate(entries)})


def write_chart_panels(results: Results, folder: Path) -> None:
    """Write ``panels.json``: by figure made of numbers, its panels as (title, plot, is_folded), for the page."""
    panels = [(name, panel) for name, plan in _plan_number_figures(results).items() for panel in plan.panels]
    rendered = parallel_map(lambda named: named[1].to_json(), panels, results.processes)
    charts: dict[str, list[dict[str, Any]]] = {name: [] for name in NUMBER_FIGURES}
    for (name, _), panel in zip(panels, rendered, strict=True):
        charts[name].append(panel)
    write_json(folder / "panels.json", charts)


@lru_cache(maxsize=1)
def _plan_number_figures(results: Results) -> dict[str, NumberFigure]:
    """Return the figures made of numbers that the results allow; what they show is computed once."""
    plans = {name: plan(results) for name, plan in NUMBER_FIGURES.items()}
    return {name: plan for name, plan in plans.items() if plan is not None}


@dataclass(frozen=True)
class PlannedFigure:
    """A figure to come: its name, and what makes it; None where the results do not allow it."""

    name: str
    make: Callable[[], FinishedFigure | None]


def _draw_and_save(plot: PlannedFigure, folder: Path) -> dict[str, Any] | None:
    """Draw and save a figure; return its entry in the index."""
    drawn = plot.make()
    if drawn is None:
        return None
    file = save_figure(drawn.figure, folder, plot.name)
    return {"file": file, "caption": drawn.caption, "alt": drawn.alt, "pictures": drawn.is_made_of_images}


DIFFICULTY_RULE_TEXT = (
    "Rule: uneven light is the largest coefficient of variation of block means (8 x 8 blocks) of the input; "
    "weak texture is the smallest relative mean gradient among the other inputs."
)


def _plan_picture_figures(results: Results) -> Iterator[PlannedFigure]:
    """Yield the figures made of images; none without images."""
    pictures = RunImages(results)
    if not results.image_names:
        return
    chosen = choose_images(results)
    ranked = [choice for choice in chosen if choice.why != HASH_REASON] or chosen[:3]
    middle = next((choice for choice in chosen if choice.why.startswith("median")), chosen[0])
    who = find_showcase_row(results)
    caption = f"Enhanced images and their masks. {describe_choice_rule(results)}"
    yield PlannedFigure("comparison", partial(draw_comparison, pictures, [middle], caption, True))
    if who is not None:
        yield PlannedFigure("facilitation", partial(draw_facilitation, pictures, middle, who))
    yield PlannedFigure("segmentation", partial(draw_segmentations, pictures, ranked))
    kinds = find_difficulty_groups(pictures)
    for name, names, word in (
        ("texture", kinds.texture, "weak texture"),
        ("illumination", kinds.illumination, "uneven light"),
    ):
        choices = [ChosenImage(image, f"chosen for {word}") for image in names]
        if choices:
            caption = f"Inputs with {word}. {DIFFICULTY_RULE_TEXT}"
            yield PlannedFigure(f"comparison_{name}", partial(draw_comparison, pictures, choices, caption, False))
