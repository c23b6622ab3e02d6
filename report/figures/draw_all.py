"""The figures: PNG and PDF each, ``index.json`` with their captions, and the panels of those made of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sspbench.files import write_json

from ..analysis.image_choice import (
    HASH_REASON,
    ChosenImage,
    choose_images,
    describe_choice_rule,
    find_showcase_row,
    scores_or_empty,
)
from ..analysis.results import Results
from ..parallel import parallel_map
from .checkpoints import draw_checkpoints, make_checkpoint_panels
from .comparison import draw_comparison
from .distributions import draw_distributions, make_distribution_panels
from .image_choice import find_difficulty_groups
from .inline_svg import ChartPanel
from .metric_trust import draw_metric_trust, make_trust_panels
from .run_images import RunImages
from .segmentation import draw_facilitation, draw_segmentations
from .style import FinishedFigure, save_figure, use_figure_style
from .tradeoff import draw_tradeoff, make_tradeoff_panels
from .training_curves import draw_training_curves, make_loss_panels

FigureMaker = Callable[[Results], FinishedFigure | None]
PanelMaker = Callable[[Results], list[ChartPanel]]

# The figures made of numbers: what draws each, and what makes its panels for the page.
NUMBER_FIGURES: dict[str, tuple[FigureMaker, PanelMaker]] = {
    "trust": (draw_metric_trust, make_trust_panels),
    "distributions": (draw_distributions, make_distribution_panels),
    "tradeoff": (draw_tradeoff, make_tradeoff_panels),
    "checkpoints": (draw_checkpoints, make_checkpoint_panels),
    "training": (draw_training_curves, make_loss_panels),
}

# Those with panels where no run finished.
PANELS_WITHOUT_SCORES = frozenset({"checkpoints", "training"})


def draw_figures(results: Results, folder: Path, pictures: bool = True) -> None:
    """Draw every figure the results allow.

    Args:
        results: The results; failed methods are shown as failed.
        folder: Where to; ``index.json`` is ``{name: {file, caption, alt, pictures}}`` in the order of the page.
        pictures: Whether to draw those made of images; the others are made of numbers alone.
    """
    folder = Path(folder)
    for old in (*folder.glob("*.png"), *folder.glob("*.pdf"), folder / "index.json"):
        old.unlink(missing_ok=True)
    plots = [*(_plan_picture_figures(results) if pictures else ()), *_plan_number_figures(results)]
    with use_figure_style():
        drawn = parallel_map(lambda plot: _draw_and_save(plot, folder), plots, results.processes)
    index = {plot.name: facts for plot, facts in zip(plots, drawn, strict=True) if facts is not None}
    write_json(
        folder / "index.json", {name: {**facts, "order": order} for order, (name, facts) in enumerate(index.items())}
    )


def write_chart_panels(results: Results, folder: Path) -> None:
    """Write ``panels.json``: by figure, its panels as (title, plot, is_folded), for the page.

    Args:
        results: The results.
        folder: The folder of the figures.
    """
    has_scores = not scores_or_empty(results).empty
    charts = {
        name: [asdict(panel) for panel in make(results)] if has_scores or name in PANELS_WITHOUT_SCORES else []
        for name, (_, make) in NUMBER_FIGURES.items()
    }
    write_json(Path(folder) / "panels.json", charts)


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


def _plan_number_figures(results: Results) -> Iterator[PlannedFigure]:
    """Yield the figures made of numbers."""
    scores_or_empty(results)  # read once, before processes share the figures
    for name, (draw, _) in NUMBER_FIGURES.items():
        yield PlannedFigure(name, partial(draw, results))


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
