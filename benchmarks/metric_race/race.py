"""Our measures and the usual libraries side by side: CPU seconds and largest difference."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metrics.contrast import average_gradient, entropy_bits
from metrics.masks import Masks
from metrics.niqe import niqe
from metrics.piqe import piqe
from sspbench.contract import MetricFamily, ScoringBatch

from . import stock
from .inputs import split_bench_batch

MeasureValues = dict[str, np.ndarray]


@dataclass(frozen=True)
class MetricTiming:
    """One line of the result: seconds of CPU, and the largest difference of any value."""

    group: str
    item: str
    ours: float
    library: str
    stock: float | None
    difference: float | None


def _time_chunks(
    function: Callable[[ScoringBatch], MeasureValues | None], parts: list[ScoringBatch]
) -> tuple[float, MeasureValues | None]:
    start = time.process_time()
    found = [function(part) for part in parts]
    seconds = time.process_time() - start
    values = [one for one in found if one is not None]
    if not values:
        return seconds, None
    return seconds, {name: np.concatenate([one[name] for one in values]) for name in values[0]}


def _score_family(family: MetricFamily) -> Callable[[ScoringBatch], MeasureValues]:
    return lambda part: {name: scores.values for name, scores in family.score(part).items()}


def time_metrics(batch: ScoringBatch) -> list[MetricTiming]:
    """Time everything on one thread, chunk by chunk (ours) and image by image (theirs)."""
    import cv2
    import torch
    from threadpoolctl import threadpool_limits

    theirs = stock.load_pyiqa_measures()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    masks = _score_family(Masks())
    plan = [
        ("quality", "entropy", lambda part: {"entropy": entropy_bits(part.image)}, "pyiqa", theirs["entropy"]),
        ("quality", "avg_gradient", lambda part: {"avg_gradient": average_gradient(part.image)}, "none", None),
        ("quality", "niqe", lambda part: {"niqe": niqe(part.image)}, "pyiqa", theirs["niqe"]),
        ("quality", "piqe", lambda part: {"piqe": piqe(part.image)}, "pyiqa", theirs["piqe"]),
        ("again", "piqe", lambda part: {"piqe": piqe(part.image)}, "pypiqe", stock.piqe_by_pypiqe),
        (
            "again",
            "avg_gradient_central",
            lambda part: {"avg_gradient_central": average_gradient(part.image, "central")},
            "numpy.gradient",
            stock.gradient_by_numpy,
        ),
        ("masks", "all nine", masks, "scikit-learn", _score_with_sklearn),
    ]
    with threadpool_limits(1):
        return [_time_metric(batch, *entry) for entry in plan]


def _score_with_sklearn(part: ScoringBatch) -> MeasureValues:
    return stock.auc_by_sklearn(part) | stock.masks_by_sklearn(part)


def _time_metric(
    batch: ScoringBatch,
    group: str,
    item: str,
    ours: Callable[[ScoringBatch], MeasureValues],
    library: str,
    theirs: Callable[[ScoringBatch], MeasureValues | None] | None,
) -> MetricTiming:
    ours(split_bench_batch(batch)[0])  # loads what is loaded lazily
    seconds, values = _time_chunks(ours, split_bench_batch(batch))
    if theirs is None:
        return MetricTiming(group, item, seconds, library, None, None)
    stock_seconds, reference = _time_chunks(theirs, split_bench_batch(batch, 1))
    if values is None or reference is None:
        return MetricTiming(group, item, seconds, f"{library} (not installed)", None, None)
    difference = max(float(np.max(np.abs(values[name] - reference[name]))) for name in reference)
    return MetricTiming(group, item, seconds, library, stock_seconds, difference)
