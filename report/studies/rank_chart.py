"""Ranks on two data sets as a slope chart: a line per row from its rank on one to that on the other."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..figures.palette import REFERENCE_LINE_COLOUR
from ..figures.style import FULL_WIDTH_INCHES, FinishedFigure, method_colour, method_marker
from .order_transfer import ALL_ROWS, METHOD_ROWS, DataSetPair, OrderTransfer, describe_transfer

DRAWN_MEASURES = ("dice", "psnr", "ssim")
"""Each has a panel."""

TRIVIAL_WIDTH, METHOD_WIDTH = 0.5, 1.4
"""Widths of lines, in points."""


def draw_transfer_figure(pair: DataSetPair, found: Sequence[OrderTransfer]) -> FinishedFigure:
    """Return a panel per measure: methods and the untouched image in colours with names, trivial methods in grey."""
    shown = [each for each in found if each.heading == ALL_ROWS and each.measure in DRAWN_MEASURES]
    named = {label for each in found if each.heading == METHOD_ROWS for label in each.labels}
    places = {label: place for place, label in enumerate(sorted(named))}
    figure = Figure((FULL_WIDTH_INCHES, 3.0), layout="constrained")
    for axes, each in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        _draw_panel(axes, each, places, pair.names)
    sentences = " ".join(describe_transfer(pair, found))
    caption = f"Ranks on {pair.names[0]} and on {pair.names[1]}, 1 is best; trivial methods in grey. {sentences}"
    return FinishedFigure(figure, caption, "Lines from the rank of each row on one data set to that on the other.")


def _draw_panel(axes: Axes, each: OrderTransfer, places: dict[str, int], names: tuple[str, str]) -> None:
    for label, ranks in zip(each.labels, each.ranks.T, strict=True):
        if label not in places:
            axes.plot((0, 1), ranks, color=REFERENCE_LINE_COLOUR, linewidth=TRIVIAL_WIDTH, alpha=0.6)
            continue
        colour, marker = method_colour(places[label]), method_marker(places[label])
        axes.plot((0, 1), ranks, color=colour, marker=marker, markersize=4, linewidth=METHOD_WIDTH)
        axes.annotate(label, (1, ranks[1]), (6, 0), textcoords="offset points", va="center", fontsize=7, color=colour)
    axes.set_title(f"{each.label}: tau {each.agreement.tau:.2f}".replace("-", "\N{MINUS SIGN}"))
    axes.set_xlim(-0.1, 1.1)
    axes.set_xticks((0, 1), names)
    axes.set_ylim(len(each.labels) + 0.5, 0.5)
    axes.set_yticks(range(1, len(each.labels) + 1, 2))
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
