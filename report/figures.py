"""The figures: PNG and PDF each, and ``index.json`` with their captions, written last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sspbench.files import write_json

from .drawing.comparison import comparison
from .drawing.distributions import distributions
from .drawing.pictures import Pictures
from .drawing.segmentation import facilitation, segmentations
from .drawing.showcase import BY_NAME, Choice, groups, rule, showcase, subject
from .drawing.style import Drawn, save, style
from .drawing.tradeoff import tradeoff
from .drawing.training import training
from .drawing.trust import trust
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
    index: dict[str, dict[str, Any]] = {}
    with style():
        for name, drawn in _figures(results, pictures):
            if drawn is None:
                continue
            file = save(drawn.figure, folder, name)
            facts = {"caption": drawn.caption, "alt": drawn.alt, "pictures": drawn.pictures}
            index[name] = {"file": file, "order": len(index), **facts}
    write_json(folder / "index.json", index)


GROUPS = (
    "Rule: uneven light is the largest coefficient of variation of block means (8 x 8 blocks) of the input; "
    "weak texture is the smallest relative mean gradient among the other inputs."
)


def _figures(results: Results, with_pictures: bool) -> Iterator[tuple[str, Drawn | None]]:
    pictures = Pictures(results)
    if with_pictures and pictures.names:
        yield from _pictures(results, pictures)
    yield "trust", trust(results)
    yield "distributions", distributions(results)
    yield "tradeoff", tradeoff(results)
    yield "training", training(results)


def _pictures(results: Results, pictures: Pictures) -> Iterator[tuple[str, Drawn | None]]:
    chosen = showcase(results, pictures)
    ranked = [choice for choice in chosen if choice.why != BY_NAME] or chosen[:3]
    middle = next((choice for choice in chosen if choice.why.startswith("median")), chosen[0])
    who = subject(results)
    yield "comparison", comparison(pictures, [middle], f"Enhanced images and their masks. {rule(results)}", True)
    yield "facilitation", None if who is None else facilitation(pictures, middle, who)
    yield "segmentation", segmentations(pictures, ranked)
    kinds = groups(pictures)
    for name, names, word in (
        ("texture", kinds.texture, "weak texture"),
        ("illumination", kinds.illumination, "uneven light"),
    ):
        choices = [Choice(image, f"chosen for {word}") for image in names]
        drawn = comparison(pictures, choices, f"Inputs with {word}. {GROUPS}", False) if choices else None
        yield f"comparison_{name}", drawn
