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
from ..figures.style import FULL_WIDTH_INCHES, FinishedFigure, method_colour, method_marker
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


def select_grid(results: Results, row: str, metric: str) -> pd.DataFrame:
    """Return one row's (images, seeds) values of a measure."""
    return keep_complete_images(results.values(row, metric))


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
    """Return one measure by dose, and its slope with the interval, for every row that is trained and the untouched."""
    found = sort_by_dose(several)
    grids = {row.id: _select_grids(found, row.id, metric) for row in _find_shown_rows(found)}
    lines = [Row(row.id, row.label, _make_dose_cells(grids[row.id]), row.group) for row in _find_shown_rows(found)]
    if metric == EXCESS_MEASURE and CLEAN_ROW in grids:
        for row in _find_trained_rows(found):
            if row.runs[0].is_learned and not row.runs[0].is_untrained:
                excess = {dose: grid - grids[CLEAN_ROW][dose] for dose, grid in grids[row.id].items()}
                lines.append(
                    Row(f"{row.id}-excess", f"{row.label} minus clean image", _make_dose_cells(excess), "excess")
                )
    columns = [Column(f"dose:{dose:g}", f"x {dose:g}", unit="%", better="lower", decimals=2) for dose in found]
    word = DOSE_MEASURES[metric]
    return Table(
        f"dose_{word}", f"Nerve {word}, in % of the true length, by how much more nerve the good training images show",
        (*columns, Column("slope", "Slope per unit of dose", unit="%", decimals=2)), tuple(lines),
        notes=("Slope: least squares per training and image; 95 % interval over trainings and images crossed.",),
    )  # fmt: skip


def _select_grids(found: Mapping[float, Results], row: str, metric: str) -> dict[float, pd.DataFrame]:
    return {dose: select_grid(results, row, metric) for dose, results in found.items()}


def _make_dose_cells(grids: Mapping[float, pd.DataFrame]) -> tuple[Cell, ...]:
    """Return the mean at each dose, then the slope with its interval."""
    means = (Cell(mean=float(np.nanmean(grid)), n=len(grid), seeds=grid.shape[1]) for grid in grids.values())
    rise = estimate_dose_slope({dose: grid.dropna() for dose, grid in grids.items()})
    if rise is None:
        return (*means, Cell(text="n/a"))
    return (*means, Cell(mean=rise.difference, low=rise.low, high=rise.high, note=rise.note))


def _find_shown_rows(found: Mapping[float, Results]) -> list[MethodRow]:
    """Return the rows that are trained, the untouched image and, as a control, the clean one."""
    first = next(iter(found.values()))
    clean = [
        row for row in first.rows if row.id == CLEAN_ROW and all(_is_done(each, CLEAN_ROW) for each in found.values())
    ]
    return [*_find_trained_rows(found), *clean]


def _find_trained_rows(found: Mapping[float, Results]) -> list[MethodRow]:
    first = next(iter(found.values()))
    done = [row for row in first.rows if all(_is_done(results, row.id) for results in found.values())]
    return [row for row in done if row.runs[0].is_learned or row.runs[0].group == "untouched"]


def _is_done(results: Results, row: str) -> bool:
    return any(each.id == row and results.status_text(each) == "done" for each in results.rows)


def draw_dose_figure(several: Mapping[str, Results]) -> FinishedFigure:
    """Return invented and lost nerve against the dose, one line per row."""
    found = sort_by_dose(several)
    figure = Figure((FULL_WIDTH_INCHES, 2.8), layout="constrained")
    for axes, (metric, word) in zip(figure.subplots(1, 2), DOSE_MEASURES.items(), strict=True):
        for index, row in enumerate(_find_trained_rows(found)):
            values = [select_grid(results, row.id, metric).to_numpy() for results in found.values()]
            means = [float(each.mean()) for each in values]
            axes.plot(
                list(found),
                means,
                color=method_colour(index),
                marker=method_marker(index),
                markersize=4,
                label=row.label,
            )
        axes.set_xticks(list(found), [f"{dose:g}" for dose in found])
        axes.set_ylim(bottom=0)
        axes.set_title(f"nerve {word}")
        axes.set_ylabel("% of the true length")
    figure.supxlabel("nerves and dendritic cells in the good images, times those of the poor ones", fontsize=8)
    figure.axes[0].legend(frameon=False)
    caption = "Nerve invented (left) and lost (right) on the same test images, by what the good training images show."
    return FinishedFigure(figure, caption, "Lines of invented and lost nerve length against the dose, one per method.")
