"""The page: one HTML file that opens with the network off and refers to nothing outside itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sspbench.files import read_json, write_text

from ..analysis.paper import load_paper
from ..analysis.results import Results
from ..analysis.statistics import SIGNIFICANCE_LEVEL
from ..figures.distributions import make_distribution_panels
from ..figures.image_choice import choose_images, describe_choice_rule, scores_or_empty
from ..figures.metric_trust import make_trust_panels
from ..figures.run_images import RunImages
from ..figures.tradeoff import list_untimed_rows, make_tradeoff_panels
from ..figures.training_curves import make_loss_panels
from .cards import make_cards
from .claim_verdicts import judge_claims
from .gallery import encode_figure, make_gallery
from .headline import make_headline
from .our_results import OurResults
from .run_facts import (
    COST_HEADS,
    collect_costs,
    collect_origins,
    format_repeat_command,
    list_failed_runs,
    list_known_reasons,
    list_reservations,
)
from .standalone import render_standalone
from .table_store import TableStore

PAGE_DRAWN_FIGURES = ("distributions", "tradeoff", "training", "trust")
"""Figures that the page draws itself, in its own colours."""


def write_page(results: Results, path: Path) -> None:
    """Write the page of a plan's results.

    Args:
        results: The results; its tables and figures are read back from their folders.
        path: The file, e.g. ``report.html``.
    """
    write_text(path, render_page(results))


def render_page(results: Results) -> str:
    """Return the page as text; the same for the same results."""
    return render_standalone("page.html.j2", **_collect_context(results))


def _collect_context(results: Results) -> dict[str, Any]:
    plan = results.plan
    paper = load_paper()
    shelf = TableStore(plan.layout.tables, paper)
    pictures = RunImages(results)
    judged = judge_claims(OurResults(shelf), list_reservations(plan, paper))
    scored = not scores_or_empty(results).empty
    return {
        "plan": plan,
        "failures": list(list_failed_runs(results)),
        "top": make_headline(results, shelf.primary, len(pictures.names)),
        "cards": make_cards(results, shelf, judged),
        "judged": judged,
        "scatters": make_trust_panels(results) if scored else [],
        "panels": make_distribution_panels(results) if scored else [],
        "drawn_here": PAGE_DRAWN_FIGURES,
        "plots": make_tradeoff_panels(results) if scored else [],
        "untimed": list_untimed_rows(results),
        "trainings": make_loss_panels(results),
        "reasons": list_known_reasons(plan, paper),
        "shelf": shelf,
        "level": SIGNIFICANCE_LEVEL,
        "references": shelf.references,
        "gallery": make_gallery(pictures, choose_images(results, pictures)),
        "rule": describe_choice_rule(results),
        "figures": _load_figures(plan.layout.figures),
        "cost_heads": COST_HEADS,
        "costs": [(row, results.status_text(row), cells) for row, cells in collect_costs(results)],
        "origins": collect_origins(results),
        "command": format_repeat_command(plan),
        "methods": [(row, results.status_text(row), results.notes(row)) for row in results.rows if not row.is_ablation],
        "measures": [measure for measure in results.measures.values() if measure.description],
    }


def _load_figures(folder: Path) -> dict[str, dict[str, str]]:
    """Return the figures with their pictures as data, in the order of the index."""
    index = read_json(folder / "index.json") if (folder / "index.json").is_file() else {}
    ordered = sorted(index.items(), key=lambda item: item[1]["order"])
    return {
        name: {**facts, "source": encode_figure(folder / facts["file"], facts["pictures"])} for name, facts in ordered
    }
