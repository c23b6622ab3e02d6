"""A row of a release beside its replay: equal, within rounding, or different by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sspbench.releases.losses import LOSS_DIGITS, TRAINING_LOG_FILE, LossEntries, read_training_log
from sspbench.releases.score_files import SCORE_DIGITS

from ..analysis.run_scores import read_run_scores
from .retrain import RecordedRun

# What arithmetic on another machine may leave, relative.
MAX_ROUNDING = 1e-3

ReplayVerdict = Literal["equal", "within rounding", "different"]


@dataclass(frozen=True)
class ReplayedQuantity:
    """A loss or a measure, replayed.

    Attributes:
        name: Its name.
        kind: ``loss`` or ``measure``.
        published: Its mean, of lines or images.
        replayed: The same of the replay.
        difference: The largest relative difference of a line or image.
        digits: The digits that the release keeps.
        first: The step or image at which it first differs; empty where it does not.
    """

    name: str
    kind: str
    published: float
    replayed: float
    difference: float
    digits: int
    first: str = ""

    @property
    def verdict(self) -> ReplayVerdict:
        """Equal in all published digits, within rounding, or different."""
        if self.difference <= 10.0 ** (1 - self.digits):
            return "equal"
        return "within rounding" if self.difference <= MAX_ROUNDING else "different"


def compare_replay(run: RecordedRun, folder: Path) -> list[ReplayedQuantity]:
    """Compare losses and measures of the images with the published ones.

    Args:
        run: The run of the release.
        folder: The folder of its replay.
    """
    return [*_compare_losses(run, folder), *_compare_scores(run, folder)]


def judge_replay(found: list[ReplayedQuantity]) -> ReplayVerdict:
    """Return the worst verdict."""
    order: list[ReplayVerdict] = ["equal", "within rounding", "different"]
    return max((one.verdict for one in found), key=order.index, default="different")


def _compare_losses(run: RecordedRun, folder: Path) -> Iterator[ReplayedQuantity]:
    published = _read_published_losses(run)
    replayed = dict(read_training_log(folder / TRAINING_LOG_FILE))
    names = list(dict.fromkeys(name for _, losses in published for name in losses))
    for name in names:
        pairs = {
            f"step {step}": (losses[name], replayed.get(step, {}).get(name, np.nan))
            for step, losses in published
            if name in losses
        }
        yield _make_quantity(name, "loss", pairs, LOSS_DIGITS)


def _read_published_losses(run: RecordedRun) -> LossEntries:
    frame = pd.read_csv(run.part.losses)
    mine = frame[(frame["row"] == run.row) & (frame["seed"] == run.seed)]
    values = mine.drop(columns=["row", "seed", "step"]).to_dict("records")
    steps = mine["step"].tolist()
    return [
        (int(step), {str(name): float(value) for name, value in losses.items() if np.isfinite(value)})
        for step, losses in zip(steps, values, strict=True)
    ]


def _compare_scores(run: RecordedRun, folder: Path) -> Iterator[ReplayedQuantity]:
    """Yield the measures that the replay has, those of the images alone; values undefined on both sides are equal."""
    frame = pd.read_csv(run.part.scores)
    mine = frame[(frame["row"] == run.row) & (frame["seed"] == run.seed)].set_index("image")
    lines = read_run_scores(folder / "scores.csv").astype({"image": str, "metric": str})
    again = lines.pivot_table(index="image", columns="metric", values="value", dropna=False, sort=False)
    for name in mine.columns.intersection(again.columns):
        theirs, ours = mine[name], again[name].reindex(mine.index)
        both = theirs.notna() | ours.notna()
        pairs = {str(image): (float(theirs[image]), float(ours[image])) for image in mine.index[both]}
        if pairs:
            yield _make_quantity(str(name), "measure", pairs, SCORE_DIGITS)


def _make_quantity(name: str, kind: str, pairs: Mapping[str, tuple[float, float]], digits: int) -> ReplayedQuantity:
    values = np.array(list(pairs.values()))
    scale = np.maximum(np.abs(values).max(axis=1), 1e-12)
    shares = np.nan_to_num(np.abs(values[:, 0] - values[:, 1]) / scale, nan=np.inf)
    differing = np.flatnonzero(shares > 10.0 ** (1 - digits))
    first = list(pairs)[differing[0]] if len(differing) else ""
    means = values.mean(axis=0)
    return ReplayedQuantity(name, kind, float(means[0]), float(means[1]), float(shares.max()), digits, first)
