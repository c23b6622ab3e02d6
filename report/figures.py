"""The figures: PNG and PDF each, and ``index.json`` with their captions, written last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sspbench.files import write_json

from .drawing.comparison import comparison
from .drawing.distributions import distributions
from .drawing.pictures import Pictures
from .drawing.segmentation import facilitation, segmentations
from .drawing.showcase import BY_NAME, Choice, groups, rule, scores_of, showcase, subject
from .drawing.style import Drawn, save, style
from .drawing.tradeoff import tradeoff
from .drawing.training import training
from .drawing.trust import trust
from .processes import shared
from .results import Results


def draw(results: Results, folder: Path, pictures: bool = True) -> None:
    """Draw every figure the results allow.

    Args:
        results: The results; failed methods are shown as failed.
        folder: Where to; ``index.json`` is ``{name: {file, caption, alt, pictures}}`` in the order of the page.
        pictures: Whether to draw those made of images; the others are made of numbers alone.
    """
    folder = Path(folder)
    for old in (*folder.glob("*.png"), *folder.glob("*.pdf"), folder / "index.json"):
        old.unlink(missing_ok=True)
    plots = [*(_pictures(results) if pictures else ()), *_numbers(results)]
    with style():
        drawn = shared(lambda plot: _draw(plot, folder), plots, results.processes)
    index = {plot.name: facts for plot, facts in zip(plots, drawn, strict=True) if facts is not None}
    write_json(
        folder / "index.json", {name: {**facts, "order": order} for order, (name, facts) in enumerate(index.items())}
    )


@dataclass(frozen=True)
class Plot:
    """A figure to come: its name, and what makes it; None where the results do not allow it."""

    name: str
    make: Callable[[], Drawn | None]


def _draw(plot: Plot, folder: Path) -> dict[str, Any] | None:
    """Draw and save a figure; return what the index says of it."""
    drawn = plot.make()
    if drawn is None:
        return None
    file = save(drawn.figure, folder, plot.name)
    return {"file": file, "caption": drawn.caption, "alt": drawn.alt, "pictures": drawn.pictures}


GROUPS = (
    "Rule: uneven light is the largest coefficient of variation of block means (8 x 8 blocks) of the input; "
    "weak texture is the smallest relative mean gradient among the other inputs."
)


def _numbers(results: Results) -> Iterator[Plot]:
    """Yield the figures made of numbers."""
    scores_of(results)  # read once, before processes share the figures
    yield Plot("trust", partial(trust, results))
    yield Plot("distributions", partial(distributions, results))
    yield Plot("tradeoff", partial(tradeoff, results))
    yield Plot("training", partial(training, results))


def _pictures(results: Results) -> Iterator[Plot]:
    """Yield the figures made of images; none where there are no images."""
    pictures = Pictures(results)
    if not pictures.names:
        return
    chosen = showcase(results, pictures)
    ranked = [choice for choice in chosen if choice.why != BY_NAME] or chosen[:3]
    middle = next((choice for choice in chosen if choice.why.startswith("median")), chosen[0])
    who = subject(results)
    caption = f"Enhanced images and their masks. {rule(results)}"
    yield Plot("comparison", partial(comparison, pictures, [middle], caption, True))
    if who is not None:
        yield Plot("facilitation", partial(facilitation, pictures, middle, who))
    yield Plot("segmentation", partial(segmentations, pictures, ranked))
    kinds = groups(pictures)
    for name, names, word in (
        ("texture", kinds.texture, "weak texture"),
        ("illumination", kinds.illumination, "uneven light"),
    ):
        choices = [Choice(image, f"chosen for {word}") for image in names]
        if choices:
            caption = f"Inputs with {word}. {GROUPS}"
            yield Plot(f"comparison_{name}", partial(comparison, pictures, choices, caption, False))
