"""Every test image's value of every main measure, method by method."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats
from matplotlib.ticker import MaxNLocator

from sspbench.contract import Measure

from ..analysis.image_choice import scores_or_empty
from ..analysis.results import MethodRow, Results
from ..analysis.statistics.summary import average_by_image
from ..tables.render.text import DIRECTION_ARROWS
from .inline_svg import ChartPanel, NumberFigure
from .palette import BOX_LINE_COLOUR
from .style import FinishedFigure, make_panels, method_colour

DISTRIBUTION_PANELS_PER_LINE = 4
PAGE_PANEL_WIDTH_INCHES = 3.2
ROW_INCHES = 0.17  # height of a method in a panel
BOX_LINE_POINTS = 0.7
DOT_POINTS = 1.8


def plan_distributions(results: Results) -> NumberFigure | None:
    """Return box plots over test images (values averaged over seeds) with every image as a dot; None without scores."""
    measures = _list_measures(results)
    rows = [row for row in results.rows if not row.is_ablation and row.tables is None]
    if not measures or not rows:
        return None
    panels = [_plan_page_panel(results, rows, measure) for measure in measures]
    return NumberFigure(partial(_draw_figure, results, rows, measures), panels)


def _list_measures(results: Results) -> list[Measure]:
    """Return the measures of Tables 1 and 2 that any row has a value of."""
    scores = scores_or_empty(results)
    scored = set(scores.loc[scores["value"].notna(), "metric"])
    kinds = ("quality", "segmentation")
    return [m for kind in kinds for m in results.measures.values() if m.table == kind and m.name in scored]


def _draw_figure(results: Results, rows: list[MethodRow], measures: list[Measure]) -> FinishedFigure:
    height = 0.45 + ROW_INCHES * len(rows)
    figure, panels = make_panels(len(measures), DISTRIBUTION_PANELS_PER_LINE, height, 0.35, share_y=True)
    for panel, measure in zip(panels, measures, strict=True):
        _draw_panel(panel, results, rows, measure)
    caption = (
        "Values of all test images (dots, averaged over seeds): median, quartiles, and whiskers to the farthest value "
        "within 1.5 interquartile ranges. Arrows point to the better side."
    )
    labels = ", ".join(measure.label for measure in measures)
    alt = f"Box plots by method of {labels}. The means are in Tables 1 and 2."
    return FinishedFigure(figure, caption, alt)


def _plan_page_panel(results: Results, rows: list[MethodRow], measure: Measure) -> ChartPanel:
    """Return a panel for the page; measures of Table 2 other than Dice are folded."""
    unit = f" ({measure.unit})" if measure.unit else ""
    title = f"{measure.label}{unit} {DIRECTION_ARROWS[measure.better]}".strip()
    description = f"Box plots by method: {', '.join(row.label for row in rows)}. The means are in Tables 1 and 2."
    size = (PAGE_PANEL_WIDTH_INCHES, 0.35 + ROW_INCHES * len(rows))

    def draw(axes: Axes) -> None:
        _draw_panel(axes, results, rows, measure)
        axes.set_xlabel("")

    is_folded = measure.table != "quality" and measure.name != "dice"
    return ChartPanel(title, description, draw, size, is_folded)


def _draw_panel(axes: Axes, results: Results, rows: list[MethodRow], measure: Measure) -> None:
    for place, row in enumerate(rows):
        values = average_by_image(results.values(row.id, measure.name)).to_numpy()
        if len(values):
            _draw_row(axes, values, place)
    axes.set_yticks(range(len(rows)), [_row_name(results, row) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_title(f"{measure.label} {DIRECTION_ARROWS[measure.better]}".strip())
    axes.set_xlabel(measure.unit)
    axes.xaxis.set_major_locator(MaxNLocator(3))


def _draw_row(axes: Axes, values: np.ndarray, place: int) -> None:
    """Draw a horizontal box and a dot for each of (N,) values at the height ``place``."""
    width = {"linewidth": BOX_LINE_POINTS}
    line = {"color": BOX_LINE_COLOUR, "solid_capstyle": "butt", **width}
    axes.bxp(
        boxplot_stats(values),
        positions=[place],
        widths=0.6,
        capwidths=0.3,
        orientation="horizontal",
        patch_artist=True,
        manage_ticks=False,
        showfliers=False,
        boxprops={"facecolor": method_colour(place), "edgecolor": BOX_LINE_COLOUR, "alpha": 0.35, **width},
        medianprops=line,
        whiskerprops=line,
        capprops={"color": BOX_LINE_COLOUR, **width},
    )
    # A colour for each dot: matplotlib snaps dots of one colour to whole pixels.
    colours = [method_colour(place)] * len(values)
    axes.scatter(values, [place] * len(values), s=DOT_POINTS**2, color=colours, alpha=0.6, linewidth=0, zorder=3)


def _row_name(results: Results, row: MethodRow) -> str:
    ended = results.status_text(row)
    return row.label if ended == "done" else f"{row.label} ({ended.partition(':')[0]})"
