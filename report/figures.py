"""The figures: PNG and PDF each, and ``index.json`` with their captions, written last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sspbench.files import write_json

from .drawing.comparison import comparison
from .drawing.pictures import Pictures
from .drawing.showcase import Choice, groups, rule, showcase
from .drawing.style import Drawn, save, style
from .results import Results


def draw(results: Results, folder: Path) -> None:
    """Draw every figure the results allow.

    Args:
        results: The results; failed methods are shown as failed.
        folder: Where to; ``index.json`` is ``{name: {file, caption, alt, pictures}}`` in the order of the page.
    """
    folder = Path(folder)
    for old in (*folder.glob("*.png"), *folder.glob("*.pdf"), folder / "index.json"):
        old.unlink(missing_ok=True)
    index = {}
    with style():
        for name, drawn in _figures(results):
            file = save(drawn.figure, folder, name)
            facts = {"caption": drawn.caption, "alt": drawn.alt, "pictures": drawn.pictures}
            index[name] = {"file": file, "order": len(index), **facts}
    write_json(folder / "index.json", index)


def _figures(results: Results) -> Iterator[tuple[str, Drawn]]:
    pictures = Pictures(results)
    if pictures.names:
        yield from _pictures(results, pictures)


def _pictures(results: Results, pictures: Pictures) -> Iterator[tuple[str, Drawn]]:
    chosen = showcase(results, pictures)
    middle = [choice for choice in chosen if choice.why.startswith("median")] or chosen
    yield "comparison", comparison(pictures, middle[:1], f"Enhanced images and their masks. {rule(results)}", True)
    kinds = groups(pictures)
    for name, names, word in (
        ("comparison_texture", kinds.texture, "weak texture"),
        ("comparison_illumination", kinds.illumination, "uneven light"),
    ):
        if names:
            choices = [Choice(image, f"chosen for {word}") for image in names]
            yield name, comparison(pictures, choices, f"Inputs with {word}. {GROUPS}", False)


GROUPS = (
    "Rule: uneven light is the largest coefficient of variation of block means (8 x 8 blocks) of the input; "
    "weak texture is the smallest relative mean gradient among the other inputs."
)
