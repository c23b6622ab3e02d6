"""Write the simulated data set: unpaired poor and good fundus photographs, vessel masks, and clean test images."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sspbench import (
    COMBINATIONS,
    PrepareRequest,
    count_cores,
    degrade,
    draw_degradation,
    record_degradations,
    write_grey,
    write_rgb,
)

from .scene import simulate

# Keys of the random streams of a photograph.
SCENE, DEGRADATION = 0, 1


@dataclass(frozen=True)
class _Split:
    name: str
    option: str
    prefix: str
    key: int
    is_poor: bool
    with_truth: bool = False


SPLITS = (
    _Split("trainA", "train_low", "lq", key=0, is_poor=True),
    _Split("trainB", "train_high", "hq", key=1, is_poor=False),
    _Split("testA", "test", "test", key=2, is_poor=True, with_truth=True),
)


def prepare(request: PrepareRequest) -> None:
    """Fill ``request.output``; options ``train_low``, ``train_high``, ``test`` (photographs), ``size`` (pixels).

    Besides the splits it writes ``degradations.json``: what was done to each poor photograph, by its path.
    """
    write_dataset(request, workers=count_cores())


def write_dataset(request: PrepareRequest, workers: int) -> None:
    """Do what :func:`prepare` does on ``workers`` threads; the files do not depend on their number."""
    options = request.options
    jobs = [(split, index) for split in SPLITS for index in range(options[split.option])]
    degradations: dict[str, Any] = {}
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        running = [pool.submit(_write_photograph, request.output, request.seed, options["size"], *job) for job in jobs]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                degradations |= future.result()
                request.progress(done, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    record_degradations(request, degradations)


def _write_photograph(output: Path, seed: int, size: int, split: _Split, index: int) -> dict[str, Any]:
    """Write one photograph and what belongs to it; return its degradation by path, or nothing where it is good."""
    scene = simulate(np.random.default_rng([seed, split.key, index, SCENE]), size)
    name = f"{split.prefix}_{index:03d}.png"
    write_grey(output / f"{split.name}_labels" / name, scene.label)
    write_grey(output / f"{split.name}_fov" / name, scene.field_of_view)
    if split.with_truth:
        write_rgb(output / f"{split.name}_clean" / name, scene.clean)
        write_rgb(output / f"{split.name}_hq" / name, scene.photograph)
    if not split.is_poor:
        write_rgb(output / split.name / name, scene.photograph)
        return {}
    # Every kind of degradation in turn, so that a small split has them all.
    types = COMBINATIONS[index % len(COMBINATIONS)]
    rng = np.random.default_rng([seed, split.key, index, DEGRADATION])
    degradation = draw_degradation(rng, size, size, types)
    write_rgb(output / split.name / name, degrade(scene.photograph, scene.field_of_view > 0, degradation))
    return {f"{split.name}/{name}": degradation.as_json()}
