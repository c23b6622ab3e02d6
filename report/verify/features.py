"""The numbers of a run that ``verify`` compares: means of its measures over images, and its losses at five points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sspbench.plugins.metric_families import load_metric_families
from sspbench.releases.losses import LossEntries

from ..compare.comparability import MASK_INPUTS
from ..compare.recorded_results import RecordedResults

# Points of a training where its losses are compared, as shares of the published log.
LOSS_POINT_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)

# Measures of the image alone are compared where they are in one of these tables.
IMAGE_MEASURE_TABLES = frozenset({"quality", "truth"})

# Measures of the mask that are compared. Others repeat these, or jump: if one training finds a line and the next
# does not, counts and errors of counts have no useful band.
MASK_MEASURES = frozenset({"dice", "auc", "average_precision"})

LOW_FEATURE = "dice, segmenter trained on LQ images"  # name of the Dice under the control

# A measure of the enhanced image alone, a measure of its mask too, or a loss.
FeatureKind = Literal["image", "segmented", "loss"]


@dataclass(frozen=True)
class Feature:
    """One number per training, on both sides."""

    row: str
    name: str  # the measure, or ``<loss> at step <n>``
    kind: FeatureKind
    published: tuple[float, ...]  # one value per published seed
    given: tuple[float, ...]  # one value per seed that is verified
    about: str  # the measure, or the point of the training: features of other rows share it
    scale: float = 1.0  # unit in which its spread is like that of the others
    log: bool = False  # whether bands are made of logarithms: losses that are positive vary by factors

    @property
    def value(self) -> float:
        """Mean of the seeds that are verified; the geometric one where bands are made of logarithms."""
        return self.from_band_unit(float(np.mean(self.to_band_unit(self.given))))

    def to_band_unit(self, values: ArrayLike) -> np.ndarray:
        """Return values in the unit that bands are made in."""
        found = np.asarray(values, dtype=float)
        return np.log(found) if self.log else found / self.scale

    def from_band_unit(self, value: float) -> float:
        """Return a value in its own unit again."""
        return float(np.exp(value)) if self.log else value * self.scale


@cache
def find_measure_kinds() -> Mapping[str, FeatureKind]:
    """Return the measures that are compared, and whether they are of the image alone or of its mask too."""
    known = ((measure, family.needs) for family in load_metric_families({}).values() for measure in family.measures)
    kinds: dict[str, FeatureKind] = {}
    for measure, needs in known:
        if measure.name in MASK_MEASURES:
            kinds[measure.name] = "segmented"
        elif measure.table in IMAGE_MEASURE_TABLES and not needs & MASK_INPUTS:
            kinds[measure.name] = "image"
    return kinds


def iter_measure_features(given: RecordedResults, published: RecordedResults) -> Iterator[Feature]:
    """Yield the measures that both sides have: means over the images that are defined under every seed of both."""
    theirs, ours = (
        {**side.grids, **{(row, LOW_FEATURE): grid for row, grid in side.low_grids.items()}}
        for side in (published, given)
    )
    kinds = {**find_measure_kinds(), LOW_FEATURE: "segmented"}
    for row, name in theirs:
        if (row, name) in ours and name in kinds:
            means = average_shared_images(theirs[row, name], ours[row, name])
            if means[0]:
                yield Feature(row, name, kinds[name], *means, name)


def average_shared_images(one: pd.DataFrame, other: pd.DataFrame) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the means under the seeds of two (images, seeds) grids, over the images that are defined under all."""
    both = pd.concat([one, other], axis=1, join="inner").to_numpy(dtype=float)
    kept = both[np.isfinite(both).all(axis=1)]
    means = tuple(float(value) for value in kept.mean(axis=0)) if len(kept) else ()
    return means[: one.shape[1]], means[one.shape[1] :]


def iter_loss_features(given: RecordedResults, published: RecordedResults) -> Iterator[Feature]:
    """Yield the losses that both sides log, at the steps of the published log that :data:`LOSS_POINT_SHARES` name."""
    for row in dict.fromkeys(row for row, _ in given.losses):
        ours, theirs = (select_row_logs(side, row) for side in (given, published))
        if not ours or not theirs:
            continue
        steps = _find_point_steps(theirs)
        for name in sorted(set(list_loss_names(ours)) & set(list_loss_names(theirs))):
            curves = [np.array([_sample_loss(log, name, steps) for log in logs]) for logs in (theirs, ours)]
            if np.isfinite(np.concatenate(curves)).all():
                yield from _iter_point_features(row, name, steps, *curves)


def _iter_point_features(
    row: str, name: str, steps: Sequence[int], theirs: np.ndarray, ours: np.ndarray
) -> Iterator[Feature]:
    """Yield one feature for each point of (seeds, points) curves."""
    log = bool((theirs > 0).all() and (ours > 0).all())
    scale = 1.0 if log else float(np.abs(theirs.mean(axis=0)).mean()) or 1.0
    for place, step in enumerate(steps):
        sides = [tuple(float(value) for value in curve[:, place]) for curve in (theirs, ours)]
        yield Feature(row, f"{name} at step {step}", "loss", sides[0], sides[1], f"point {place}", scale, log)


def _find_point_steps(logs: Sequence[LossEntries]) -> list[int]:
    """Return the steps of the shortest log that :data:`LOSS_POINT_SHARES` name, each once."""
    steps = [step for step, _ in min(logs, key=len)]
    return list(dict.fromkeys(steps[round(point * (len(steps) - 1))] for point in LOSS_POINT_SHARES))


def list_loss_names(logs: Sequence[LossEntries]) -> list[str]:
    """Return the losses of several logs."""
    return list(dict.fromkeys(name for log in logs for _, losses in log for name in losses))


def _sample_loss(log: LossEntries, name: str, steps: Sequence[int]) -> np.ndarray:
    """Return a loss at these steps, between logged ones by the line through them; NaN where it was never logged."""
    known = [(at, losses[name]) for at, losses in log if name in losses]
    if not known:
        return np.full(len(steps), np.nan)
    return np.interp(steps, [at for at, _ in known], [value for _, value in known])


def select_row_logs(recorded: RecordedResults, row: str) -> list[LossEntries]:
    """Return the logs of a row's trainings."""
    return [losses for (name, _), losses in recorded.losses.items() if name == row and losses]
