"""Length invented and lost against the dose: how much more of it the good training images show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..analysis.paper import CLEAN_ROW
from ..analysis.results import MethodRow, Results
from ..analysis.statistics.crossed_effects import CrossedEstimate, estimate_crossed
from ..analysis.statistics.summary import keep_complete_images
from ..figures.style import FULL_WIDTH_INCHES, FinishedFigure, method_style
from ..tables.record import Cell, Column, Row, Table

# Measures against the dose, in % of the true length, and the words for them.
DOSE_MEASURES = {"hallucinated": "invented", "lost": "lost"}

# Of this measure the excess over the clean image is shown: the segmenter, trained on the dosed images, invents too.
EXCESS_MEASURE = "hallucinated"


def sort_by_dose(several: Mapping[str, Results]) -> dict[float, Results]:
    """Return the results of the data sets that have a dose, by it."""
    found = {}
    for results in several.values():
        dose = results.plan.prepare_settings()["options"].get("dose")
        if dose is not None:
            found[float(dose)] = results
    return dict(sorted(found.items()))


def estimate_dose_slope(grids: Mapping[float, pd.DataFrame]) -> CrossedEstimate | None:
    """Return the slope per unit of dose: of each training and image by least squares, then over both.

    The test images are the same at every dose, so a slope belongs to an image; None where fewer than two doses, or no
    image, have values.
    """
    images = sorted(set.intersection(*(set(values.index) for values in grids.values())))
    if len(grids) < 2 or not images:
        return None
    at = np.array(list(grids))
    centred = at - at.mean()
    stack = np.stack([values.loc[images].to_numpy().T for values in grids.values()])
    return estimate_crossed(np.tensordot(centred, stack, axes=1) / (centred**2).sum())


def make_dose_table(several: Mapping[str, Results], metric: str) -> Table:
    """Return one measure by dose, and its slope, for the trained rows, the untouched and the clean image."""
    found = sort_by_dose(several)
    done = _find_done_rows(found)
    shown = [*filter(_is_trained_or_untouched, done), *(row for row in done if row.id == CLEAN_ROW)]
    grids = {row.id: _select_grids(found, row.id, metric) for row in shown}
    lines = [Row(row.id, row.label, _make_dose_cells(grids[row.id]), row.group) for row in shown]
    if metric == EXCESS_MEASURE and CLEAN_ROW in grids:
        for row in shown:
            if row.runs[0].is_learned and not row.runs[0].is_untrained:
                excess = {dose: grid - grids[CLEAN_ROW][dose] for dose, grid in grids[row.id].items()}
                label = f"{row.label} minus clean image"
                lines.append(Row(f"{row.id}-excess", label, _make_dose_cells(excess), "excess"))
    columns = [Column(f"dose:{dose:g}", f"x {dose:g}", unit="%", better="lower", decimals=2) for dose in found]
    word = DOSE_MEASURES[metric]
    return Table(
        f"dose_{word}", f"Nerve {word}, in % of the true length, by how much more nerve the good training images show",
        (*columns, Column("slope", "Slope per unit of dose", unit="%", decimals=2)), tuple(lines),
        notes=("Slope: least squares per training and image; 95 % interval over trainings and images crossed.",),
    )  # fmt: skip


def _find_done_rows(found: Mapping[float, Results]) -> list[MethodRow]:
    """Return the rows that are done at every dose."""
    done = [{row.id for row in each.rows if each.status_text(row) == "done"} for each in found.values()]
    first = next(iter(found.values()))
    return [row for row in first.rows if row.id in set.intersection(*done)]


def _is_trained_or_untouched(row: MethodRow) -> bool:
    return row.runs[0].is_learned or row.group == "untouched"


def _select_grids(found: Mapping[float, Results], row: str, metric: str) -> dict[float, pd.DataFrame]:
    return {dose: keep_complete_images(results.values(row, metric)) for dose, results in found.items()}


def _make_dose_cells(grids: Mapping[float, pd.DataFrame]) -> tuple[Cell, ...]:
    """Return the mean at each dose, then the slope with its interval."""
    means = (Cell(mean=float(np.nanmean(grid)), n=len(grid), seeds=grid.shape[1]) for grid in grids.values())
    rise = estimate_dose_slope({dose: grid.dropna() for dose, grid in grids.items()})
    if rise is None:
        return (*means, Cell(text="n/a"))
    return (*means, Cell(mean=rise.difference, low=rise.low, high=rise.high, note=rise.note))


def draw_dose_figure(several: Mapping[str, Results]) -> FinishedFigure:
    """Return invented and lost nerve against the dose, one line per row."""
    found = sort_by_dose(several)
    shown = list(filter(_is_trained_or_untouched, _find_done_rows(found)))
    figure = Figure((FULL_WIDTH_INCHES, 2.8), layout="constrained")
    for axes, (metric, word) in zip(figure.subplots(1, 2), DOSE_MEASURES.items(), strict=True):
        for index, row in enumerate(shown):
            means = [float(grid.to_numpy().mean()) for grid in _select_grids(found, row.id, metric).values()]
            axes.plot(list(found), means, **method_style(index), label=row.label)
        axes.set_xticks(list(found), [f"{dose:g}" for dose in found])
        axes.set_ylim(bottom=0)
        axes.set_title(f"nerve {word}")
        axes.set_ylabel("% of the true length")
    figure.supxlabel("nerves and dendritic cells in the good images, times those of the poor ones", fontsize=8)
    figure.axes[0].legend(frameon=False)
    caption = "Nerve invented (left) and lost (right) on the same test images, by what the good training images show."
    return FinishedFigure(figure, caption, "Lines of invented and lost nerve length against the dose, one per method.")
