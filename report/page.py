"""The page: one HTML file that opens with the network off and refers to nothing outside itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sspbench.files import read_json, write_text

from .charts.distributions import distributions
from .charts.tradeoff import plots
from .charts.training import training_curves
from .charts.trust import scatters
from .drawing.pictures import Pictures
from .drawing.showcase import rule, scores_of, showcase
from .drawing.tradeoff import untimed
from .html.cards import cards
from .html.embed import figure_file, gallery
from .html.facts import COST_HEADS, command, costs, failures, known_reasons, origins, reservations
from .html.numbers import Ours
from .html.shown import Shelf
from .html.standalone import standalone
from .html.top import top
from .html.verdicts import verdicts
from .results import Results
from .statistics import LEVEL
from .subject import published

DRAWN_HERE = ("distributions", "tradeoff", "training", "trust")
"""Figures that the page draws itself, in its own colours."""


def write(results: Results, path: Path) -> None:
    """Write the page of a plan's results.

    Args:
        results: The results; its tables and figures are read back from their folders.
        path: The file, e.g. ``report.html``.
    """
    write_text(path, render(results))


def render(results: Results) -> str:
    """Return the page as text; the same for the same results."""
    return standalone("page.html.j2", **_context(results))


def _context(results: Results) -> dict[str, Any]:
    plan = results.plan
    paper = published()
    shelf = Shelf(plan.layout.tables, paper)
    pictures = Pictures(results)
    judged = verdicts(Ours(shelf), reservations(plan, paper))
    scored = not scores_of(results).empty
    return {
        "plan": plan,
        "failures": list(failures(results)),
        "top": top(results, shelf.primary, len(pictures.names)),
        "cards": cards(results, shelf, judged),
        "judged": judged,
        "scatters": scatters(results) if scored else [],
        "panels": distributions(results) if scored else [],
        "drawn_here": DRAWN_HERE,
        "plots": plots(results) if scored else [],
        "untimed": untimed(results),
        "trainings": training_curves(results),
        "reasons": known_reasons(plan, paper),
        "shelf": shelf,
        "level": LEVEL,
        "references": shelf.references,
        "gallery": gallery(pictures, showcase(results, pictures)),
        "rule": rule(results),
        "figures": _figures(plan.layout.figures),
        "cost_heads": COST_HEADS,
        "costs": [(row, results.ended(row), cells) for row, cells in costs(results)],
        "origins": origins(results),
        "command": command(plan),
        "methods": [(row, results.ended(row), results.notes(row)) for row in results.rows if not row.ablation],
        "measures": [measure for measure in results.measures.values() if measure.description],
    }


def _figures(folder: Path) -> dict[str, dict[str, str]]:
    """Return the figures with their pictures as data, in the order of the index."""
    index = read_json(folder / "index.json") if (folder / "index.json").is_file() else {}
    ordered = sorted(index.items(), key=lambda item: item[1]["order"])
    return {
        name: {**facts, "source": figure_file(folder / facts["file"], facts["pictures"])} for name, facts in ordered
    }
