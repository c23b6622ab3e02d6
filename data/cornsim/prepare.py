"""Write the simulated data set: unpaired low- and high-quality images, nerve masks, and clean test images."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sspbench import PrepareRequest, count_cores, write_grey

from .parameters import Anatomy
from .scene import Quality, scale_anatomy, simulate_frame


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

# Key of the random stream of second pictures: no split's.
SECOND_PICTURE_KEY = 3


def prepare(request: PrepareRequest) -> None:
    """Fill ``request.output`` as the options say; they are described in ``dataset.yaml``."""
    write_dataset(request, workers=count_cores())


def write_dataset(request: PrepareRequest, workers: int) -> None:
    """Do what :func:`prepare` does on ``workers`` threads; the files do not depend on their number.

    Threads are enough: NumPy, SciPy and the PNG writer let go of the interpreter lock in all that takes time.
    """
    options = request.options
    dose = options.get("dose")
    layers = {"high": None if dose is None else scale_anatomy(dose)}
    jobs = [(split, index) for split in SPLITS for index in range(options[split.option])]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        running = [
            pool.submit(_write_frame, request.output, request.seed, options["size"], *job, layers.get(job[0].quality))
            for job in jobs
        ]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                request.progress(done, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_frame(output: Path, seed: int, size: int, split: _Split, index: int, layer: Anatomy | None) -> None:
    second = np.random.default_rng([seed, SECOND_PICTURE_KEY, index]) if split.with_truth else None
    frame = simulate_frame(np.random.default_rng([seed, split.key, index]), size, split.quality, second, layer)
    name = f"{split.prefix}_{index:03d}.png"
    write_grey(output / split.name / name, frame.image)
    write_grey(output / f"{split.name}_labels" / name, frame.label)
    if frame.high is not None:
        write_grey(output / f"{split.name}_clean" / name, frame.clean)
        write_grey(output / f"{split.name}_hq" / name, frame.high)
