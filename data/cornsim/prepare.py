"""Write the simulated data set: unpaired low- and high-quality images, nerve masks, and clean test images."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sspbench import Faults, PrepareRequest, count_cores, write_grey

from .parameters import Anatomy
from .scene import Quality, scale_anatomy, simulate_frame

MIN_SIDE_PX = 64
"""Smallest side of an image, pixels: below it a field shows no nerve plexus."""


@dataclass(frozen=True)
class _Split:
    name: str
    option: str
    prefix: str
    quality: Quality
    key: int
    with_truth: bool = False


SPLITS = (
    _Split("trainA", "train_low", "lq", "low", key=0),
    _Split("trainB", "train_high", "hq", "high", key=1),
    _Split("testA", "test", "test", "low", key=2, with_truth=True),
)

SECOND_PICTURE_KEY = 3
"""Key of the random stream of second pictures: no split's."""


def prepare(request: PrepareRequest) -> None:
    """Fill ``request.output``; options ``train_low``, ``train_high``, ``test`` (images), ``size`` (pixels), ``dose``.

    Raises:
        UserError: an option is not a whole number or too small.
    """
    write_dataset(request, workers=count_cores())


def write_dataset(request: PrepareRequest, workers: int) -> None:
    """Do what :func:`prepare` does on ``workers`` threads; the files do not depend on their number.

    Threads are enough: NumPy, SciPy and the PNG writer let go of the interpreter lock in all that takes time.
    """
    counts, size = _check_options(request)
    dose = request.options.get("dose")
    layers = {"high": None if dose is None else scale_anatomy(dose)}
    jobs = [(split, index) for split in SPLITS for index in range(counts[split.name])]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        running = [
            pool.submit(_write_frame, request.output, request.seed, size, *job, layers.get(job[0].quality))
            for job in jobs
        ]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                request.progress(done, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _check_options(request: PrepareRequest) -> tuple[dict[str, int], int]:
    """Return the number of images a split, and the side."""
    minimum = {split.option: 1 for split in SPLITS} | {"size": MIN_SIDE_PX}
    with Faults("The options of the data set cornsim have faults", where="data/cornsim/dataset.yaml, config") as faults:
        for name, smallest in minimum.items():
            value = request.options.get(name)
            if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
                faults.add(f"{name} is {value!r}", hint=f"give a whole number of at least {smallest}")
    return {split.name: request.options[split.option] for split in SPLITS}, request.options["size"]


def _write_frame(output: Path, seed: int, size: int, split: _Split, index: int, layer: Anatomy | None) -> None:
    second = np.random.default_rng([seed, SECOND_PICTURE_KEY, index]) if split.with_truth else None
    frame = simulate_frame(np.random.default_rng([seed, split.key, index]), size, split.quality, second, layer)
    name = f"{split.prefix}_{index:03d}.png"
    write_grey(output / split.name / name, frame.image)
    write_grey(output / f"{split.name}_labels" / name, frame.label)
    if frame.high is not None:
        write_grey(output / f"{split.name}_clean" / name, frame.clean)
        write_grey(output / f"{split.name}_hq" / name, frame.high)
