"""The ranking measure at each kept checkpoint, a curve per method, with the best checkpoint ringed."""

from __future__ import annotations

from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.checkpoint_study import OPTIMISM_NOTE, CheckpointCurve, CheckpointStudy, study_checkpoints
from ..analysis.results import Results
from .inline_svg import ChartPanel, NumberFigure, name_point
from .palette import RING_COLOUR
from .style import FULL_WIDTH_INCHES, FinishedFigure, method_colour, method_marker

CURVES_INCHES = (FULL_WIDTH_INCHES, 3.6)
PAGE_PANEL_INCHES = (4.4, 3.4)


def plan_checkpoints(results: Results) -> NumberFigure | None:
    """Return the figure; None where no checkpoint was kept and scored."""
    study = study_checkpoints(results)
    if study is None:
        return None
    title, draw = f"{study.measure.label} at each checkpoint", partial(_draw_curves, study=study)
    return NumberFigure(
        partial(_draw_figure, study), [ChartPanel(title, _describe_curves(study), draw, PAGE_PANEL_INCHES)]
    )


def _draw_figure(study: CheckpointStudy) -> FinishedFigure:
    figure = Figure(CURVES_INCHES, layout="constrained")
    _draw_curves(figure.subplots(), study)
    caption = (
        f"{study.measure.label} at the kept checkpoints, means over trainings and test images; the last checkpoint is "
        f"the row of the tables. The best one is ringed. {OPTIMISM_NOTE}"
    )
    return FinishedFigure(figure, caption, _describe_curves(study))


def _describe_curves(study: CheckpointStudy) -> str:
    ends = [
        f"{curve.label} best after step {curve.steps[curve.best]} of {curve.steps[-1]}"
        for curve in study.curves
        if _is_drawn(curve)
    ]
    return f"{study.measure.label} against the share of the training: {'; '.join(ends)}."


def _is_drawn(curve: CheckpointCurve) -> bool:
    """Return whether a curve is shown: variants of the ablation are in the table alone."""
    return bool(curve.steps) and not curve.is_ablation


def _draw_curves(axes: Axes, study: CheckpointStudy) -> None:
    for curve in study.curves:
        if not _is_drawn(curve):
            continue
        shares = [100 * step / curve.steps[-1] for step in curve.steps]
        looks: dict[str, Any] = {"color": method_colour(curve.place), "marker": method_marker(curve.place)}
        axes.plot(shares, curve.means, label=curve.label, gid=name_point(curve.label), markersize=4, **looks)
        ring: dict[str, Any] = {"marker": "o", "markerfacecolor": "none", "markeredgecolor": RING_COLOUR}
        best = [shares[curve.best]], [curve.means[curve.best]]
        axes.plot(*best, linestyle="none", markersize=10, markeredgewidth=0.8, **ring)
    axes.set_xlabel("share of the training, %")
    axes.set_xlim(0, 103)
    axes.set_ylabel(f"{study.measure.label} ({study.measure.better} is better)")
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
