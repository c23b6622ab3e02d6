"""Which checkpoint: the ranking measure at each kept checkpoint, and what taking the last one costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sspbench.contract import Measure
from sspbench.jobs.scores_record import SCORES_FILE
from sspbench.jobs.weights_record import KEPT_FOLDER

from .image_choice import find_ranking_measure
from .numbers import NAN, better_sign
from .primary_analysis import Gain, make_gain
from .results import MethodRow, Results
from .run_scores import join_scores, read_run_scores
from .statistics.paired_tests import compare_grids
from .statistics.summary import iter_grids, summarise

# What a choice on test images is worth.
OPTIMISM_NOTE = (
    "The best checkpoint is chosen on the test images themselves. That flatters it: on other images it gains less than "
    "the regret says, or nothing. Choosing a checkpoint needs images that no table uses."
)


@dataclass(frozen=True)
class CheckpointCurve:
    """The kept checkpoints of a row.

    Attributes:
        row: ``method`` or ``method+variant``.
        place: Its place among the rows of the tables, which gives its colour.
        is_ablation: Whether it is a variant.
        status: ``done``, or how its run ended and why.
        steps: After which steps, ascending; empty where the run failed or its checkpoints were not scored.
        means: Mean of the measure over trainings and images at each step; NaN where undefined.
        best: The place of the best one in ``steps``; of equal ones the last.
        regret: By how much the best one is better than the last, 0 or more; None where the last is the best.
        spread: Standard deviation of the means over the last half of the checkpoints; NaN with fewer than two.
    """

    row: str
    label: str
    place: int
    is_ablation: bool
    status: str
    steps: tuple[int, ...] = ()
    means: tuple[float, ...] = ()
    best: int = -1
    regret: Gain | None = None
    spread: float = NAN


@dataclass(frozen=True)
class CheckpointStudy:
    """The kept checkpoints of all trained rows, in the order of the tables."""

    measure: Measure
    curves: tuple[CheckpointCurve, ...]


def study_checkpoints(results: Results) -> CheckpointStudy | None:
    """Return the study; None where no checkpoint was kept and scored, as in a release."""
    measure = find_ranking_measure(results) if results.plan.config["checkpoints"] else None
    if measure is None:
        return None
    curves = tuple(
        _make_curve(results, row, place, measure) for place, row in enumerate(results.rows) if row.is_trained
    )
    return CheckpointStudy(measure, curves) if any(curve.steps for curve in curves) else None


def _make_curve(results: Results, row: MethodRow, place: int, measure: Measure) -> CheckpointCurve:
    curve = CheckpointCurve(row.id, row.label, place, row.is_ablation, results.status_text(row))
    grids = _read_grids(results, row, measure) if curve.status == "done" else {}
    means = [summarise(grid).mean for grid in grids.values()]
    if not np.isfinite(means).any():
        return curve
    best = _find_best(means, measure)
    return replace(
        curve,
        steps=tuple(grids),
        means=tuple(means),
        best=best,
        regret=_measure_regret(list(grids.values()), best, measure, results.clusters),
        spread=_measure_spread(means),
    )


def _read_grids(results: Results, row: MethodRow, measure: Measure) -> dict[int, pd.DataFrame]:
    """Return the measure at each step as (images, seeds)."""
    paths = [results.run_folder(run) / KEPT_FOLDER / SCORES_FILE for run in row.runs]
    frames = [read_run_scores(path) for path in paths if path.is_file()]
    if not frames:
        return {}
    scores = join_scores(frames)
    chosen = scores[scores["metric"] == measure.name]
    grids = {}
    for step in sorted(set(chosen["step"].tolist())):
        ((_, rows),) = iter_grids(chosen[chosen["step"] == step])
        grids[step] = rows[row.id]
    return grids


def _find_best(means: list[float], measure: Measure) -> int:
    """Return the place of the best mean, of equal ones the last: taking the last one then costs nothing."""
    ranked = np.where(np.isnan(means), -np.inf, better_sign(measure.better) * np.array(means))
    return int(np.flatnonzero(ranked == ranked.max())[-1])


def _measure_regret(grids: list[pd.DataFrame], best: int, measure: Measure, clusters: Mapping[str, str]) -> Gain | None:
    """Return the better minus the last checkpoint, image by image and training by training."""
    if best == len(grids) - 1:
        return None
    pair = (grids[best], grids[-1]) if measure.better == "higher" else (grids[-1], grids[best])
    found, _left_out = compare_grids(*pair, clusters)
    return None if found is None else make_gain(found)


def _measure_spread(means: list[float]) -> float:
    late = np.array(means[len(means) // 2 :])
    return float(late.std(ddof=1)) if len(late) > 1 else NAN
