"""The panels of the figures made of numbers, as SVG in one file; the page shows them in its own colours."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sspbench.files import write_json

from ..analysis.image_choice import scores_or_empty
from ..analysis.results import Results
from .checkpoints import make_checkpoint_panels
from .distributions import make_distribution_panels
from .inline_svg import ChartPanel
from .metric_trust import make_trust_panels
from .tradeoff import make_tradeoff_panels
from .training_curves import make_loss_panels


def write_chart_panels(results: Results, folder: Path) -> None:
    """Write ``panels.json``: by figure, its panels as (title, plot, is_folded).

    Args:
        results: The results; where no run finished, only training curves have panels.
        folder: The folder of the figures.
    """
    has_scores = not scores_or_empty(results).empty
    charts: dict[str, list[ChartPanel]] = {
        "trust": make_trust_panels(results) if has_scores else [],
        "distributions": make_distribution_panels(results) if has_scores else [],
        "tradeoff": make_tradeoff_panels(results) if has_scores else [],
        "checkpoints": make_checkpoint_panels(results),
        "training": make_loss_panels(results),
    }
    plain = {name: [asdict(panel) for panel in panels] for name, panels in charts.items()}
    write_json(Path(folder) / "panels.json", plain)
