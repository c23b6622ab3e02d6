"""A row of a release beside its replay: equal, within rounding, or different by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sspbench.releases.losses import LOSS_DIGITS, TRAINING_LOG_FILE, read_training_log
from sspbench.releases.score_files import SCORE_DIGITS, read_wide_file

from ..analysis.run_scores import read_run_scores
from .retrain import RecordedRun

# What arithmetic on another machine may leave, relative.
MAX_ROUNDING = 1e-3

ReplayVerdict = Literal["equal", "within rounding", "different"]


@dataclass(frozen=True)
class ReplayedQuantity:
    """A loss or a measure, replayed."""

    name: str
    kind: str  # ``loss`` or ``measure``
    published: float  # mean of lines or images
    replayed: float
    difference: float  # the largest relative difference of a line or image
    digits: int  # the digits that the release keeps
    first: str = ""  # the step or image at which it first differs; empty where it does not

    @property
    def verdict(self) -> ReplayVerdict:
        """Equal in all published digits, within rounding, or different."""
        if self.difference <= 10.0 ** (1 - self.digits):
            return "equal"
        return "within rounding" if self.difference <= MAX_ROUNDING else "different"


def compare_replay(run: RecordedRun, folder: Path) -> list[ReplayedQuantity]:
    """Compare losses and measures of the images with those of the folder of the replay."""
    return [*_compare_losses(run, folder), *_compare_scores(run, folder)]


def judge_replay(found: list[ReplayedQuantity]) -> ReplayVerdict:
    """Return the worst verdict."""
    order: list[ReplayVerdict] = ["equal", "within rounding", "different"]
    return max((one.verdict for one in found), key=order.index, default="different")


def _compare_losses(run: RecordedRun, folder: Path) -> Iterator[ReplayedQuantity]:
    published = {
        int(step): {name: value for name, value in losses.items() if np.isfinite(value)}
        for step, losses in _select_lines(run.part.losses, run).items()
    }
    replayed = dict(read_training_log(folder / TRAINING_LOG_FILE))
    for name in dict.fromkeys(name for losses in published.values() for name in losses):
        pairs = {
            f"step {step}": (losses[name], replayed.get(step, {}).get(name, np.nan))
            for step, losses in published.items()
            if name in losses
        }
        yield _make_quantity(name, "loss", pairs, LOSS_DIGITS)


def _compare_scores(run: RecordedRun, folder: Path) -> Iterator[ReplayedQuantity]:
    """Yield the measures that the replay has, those of the images alone; values undefined on both sides are equal."""
    published = _select_lines(run.part.scores, run)
    lines = read_run_scores(folder / "scores.csv").astype({"image": str, "metric": str})
    again = lines.pivot_table(index="image", columns="metric", values="value", dropna=False, sort=False)
    mine = pd.DataFrame.from_dict(published, orient="index")
    for name in mine.columns.intersection(again.columns):
        theirs, ours = mine[name], again[name].reindex(mine.index)
        both = theirs.notna() | ours.notna()
        pairs = {str(image): (float(theirs[image]), float(ours[image])) for image in mine.index[both]}
        if pairs:
            yield _make_quantity(str(name), "measure", pairs, SCORE_DIGITS)


def _select_lines(path: Path, run: RecordedRun) -> dict[str, dict[str, float]]:
    """Return a run's lines of a file of a release, by step or image."""
    lines = read_wide_file(path)
    return {
        key: {name: float(value) for name, value in values.items()}
        for row, seed, key, values in lines
        if (row, seed) == (run.row, run.seed)
    }


def _make_quantity(name: str, kind: str, pairs: Mapping[str, tuple[float, float]], digits: int) -> ReplayedQuantity:
    values = np.array(list(pairs.values()))
    scale = np.maximum(np.abs(values).max(axis=1), 1e-12)
    shares = np.nan_to_num(np.abs(values[:, 0] - values[:, 1]) / scale, nan=np.inf)
    differing = np.flatnonzero(shares > 10.0 ** (1 - digits))
    first = list(pairs)[differing[0]] if len(differing) else ""
    means = values.mean(axis=0)
    return ReplayedQuantity(name, kind, float(means[0]), float(means[1]), float(shares.max()), digits, first)
