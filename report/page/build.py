"""The page: one HTML file that opens with the network off and refers to nothing outside itself.

It is made from files alone: the records in ``analysis/``, ``tables/``, ``figures/`` and the saved pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sspbench.files import read_json, write_text
from sspbench.offline_page.page import find_enhance_page, render_with_policy

from ..analysis.costs import COST_HEADS
from ..analysis.paper import load_paper
from ..analysis.primary_analysis import PrimaryAnalysis
from ..analysis.run_record import RunFacts, read_run_record
from ..analysis.statistics.paired_tests import SIGNIFICANCE_LEVEL
from ..analysis.vocabulary import VOCABULARIES, Vocabulary
from ..figures.forest_plot import ForestPlot, make_forest, make_other_rows_forest
from .cards import make_cards
from .claim_verdicts import OurResults, judge_claims
from .gallery import encode_figure, make_gallery
from .standalone import load_frame
from .table_store import TableStore

# The scale of a preset in a few words.
SHORT_SCALE_TEXTS = {
    "paper": "the SSP-Net paper's protocol",
    "official": "the official code's protocol",
    "demo": "demonstration scale: few training steps, narrow networks",
    "smoke": "test scale: networks hardly trained",
}

# Figures whose panels are in the page as SVG, in its own colours.
CHART_NAMES = ("checkpoints", "distributions", "tradeoff", "training", "trust")


@dataclass(frozen=True)
class PageHeadline:
    """The answer as the page shows it.

    Attributes:
        chips: How far it reaches, a few words each.
        forest: The plot of the methods; None without a primary analysis.
        others: The plot of the other rows; None without any.
    """

    found: PrimaryAnalysis
    chips: tuple[str, ...]
    forest: ForestPlot | None
    others: ForestPlot | None


def write_page(root: Path, path: Path, processes: int = 1) -> None:
    """Write the page of a results folder to a file, e.g. ``report.html``; see :func:`render_page`."""
    page = render_page(root, processes)
    write_text(path, page)


def render_page(root: Path, processes: int = 1) -> str:
    """Return the page of a results folder as text; the same for the same files.

    Args:
        root: The results folder of a data set and preset: ``analysis``, ``tables``, ``figures`` and ``runs`` lie in it.
        processes: How many processes may encode its pictures; the bytes are the same.
    """
    context = _collect_context(root, processes)
    return render_with_policy(*load_frame("page.html.j2"), **context)


def _collect_context(root: Path, processes: int) -> dict[str, Any]:
    figures, charts = _load_figures(root / "figures")
    run = read_run_record(root)
    words, paper = VOCABULARIES[run.facts.structure], load_paper()
    if not words.paper_applies:  # none of our cells has one of the paper's beside it
        paper = replace(paper, tables={}, ours={})
    shelf = TableStore(root / "tables", paper)
    judged = judge_claims(OurResults(shelf), run.facts.reservations) if words.paper_applies else []
    return {
        "run": run,
        "words": words,
        "sections": _list_sections(words),
        "top": _make_headline(run.facts, shelf.primary),
        "cards": make_cards(run.whole_cost, shelf, judged),
        "judged": judged,
        "charts": charts,
        "shelf": shelf,
        "level": SIGNIFICANCE_LEVEL,
        "references": shelf.references,
        "figures": figures,
        "cost_heads": COST_HEADS,
        "gallery": make_gallery(run, root, processes),
        "enhance_page": find_enhance_page(root),
    }


def _make_headline(facts: RunFacts, found: PrimaryAnalysis) -> PageHeadline:
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


def _list_sections(words: Vocabulary) -> list[tuple[str, str]]:
    """Return the sections of the page, id and heading in the order of the page."""
    of_paper = [("delta", "Why ours differ"), ("audit", "Audit"), ("claims", "Claims")]
    return [
        ("images", "Images"),
        ("tables", "Tables 1–3"),
        ("trust-section", "Which measures can be trusted?"),
        *(of_paper if words.paper_applies else ()),
        ("statistics", "Statistics"),
        ("cost", "Cost"),
        ("provenance", "Provenance"),
        ("appendix", "Appendix"),
    ]


def _load_figures(folder: Path) -> tuple[dict[str, dict[str, str]], dict[str, list[dict[str, Any]]]]:
    """Return the figures in order, with their pictures as data, and the panels that are in the page as SVG."""
    index, charts = (
        read_json(path) if path.is_file() else {} for path in (folder / "index.json", folder / "panels.json")
    )
    ordered = sorted(index.items(), key=lambda item: item[1]["order"])
    figures = {
        name: {**facts, "source": encode_figure(folder / facts["file"], facts["pictures"])} for name, facts in ordered
    }
    return figures, {
        name: [{**panel, "plot": Markup(panel["plot"])} for panel in charts.get(name, [])] for name in CHART_NAMES
    }
