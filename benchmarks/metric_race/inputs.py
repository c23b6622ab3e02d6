"""Images and segmentations to time the measures on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sspbench.contract import ScoringBatch
from sspbench.errors import UserError
from sspbench.images.pictures import list_images, read_stack

BENCH_IMAGE_SIDE_PX = 384


def make_bench_batch(folder: Path | None, count: int) -> ScoringBatch:
    """Read up to ``count`` images of a folder, or generate them; labels and probability maps are generated.

    Raises:
        UserError: the folder holds no image, or images of several sizes.
    """
    rng = np.random.default_rng(0)
    images = _read_images(folder, count) if folder else np.stack([_generate_image(rng) for _ in range(count)])
    labels = rng.random(images.shape) < 0.03
    noise = rng.integers(0, 160, images.shape)
    probabilities = np.where(labels, noise + 95, noise).astype(np.uint8)
    return ScoringBatch(images, mask=probabilities > 127, probability=probabilities, label=labels)


def _read_images(folder: Path, count: int) -> np.ndarray:
    paths = list_images(folder)
    if not paths:
        raise UserError("No images to time the measures on", where=str(folder), hint="give --images DIR")
    return read_stack(paths[:count])


def _generate_image(rng: np.random.Generator) -> np.ndarray:
    """Draw one (384, 384) uint8 image: cloudy background, bright lines, noise."""
    import cv2

    cloud = cv2.GaussianBlur(rng.normal(0, 1, (BENCH_IMAGE_SIDE_PX, BENCH_IMAGE_SIDE_PX)), (0, 0), 40)
    image = 90 + 25 * cloud / cloud.std()
    for _ in range(8):
        start, stop = (tuple(int(value) for value in rng.integers(0, BENCH_IMAGE_SIDE_PX, 2)) for _ in range(2))
        image = cv2.line(image, start, stop, color=float(rng.integers(150, 230)), thickness=3)
    image = cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 12, (BENCH_IMAGE_SIDE_PX, BENCH_IMAGE_SIDE_PX))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def split_bench_batch(batch: ScoringBatch, size: int = 4) -> list[ScoringBatch]:
    """Cut a batch into chunks, as the scoring stage feeds them."""
    mask, probability, label = batch.require("mask"), batch.require("probability"), batch.require("label")
    parts = (slice(start, start + size) for start in range(0, len(batch.image), size))
    return [
        ScoringBatch(batch.image[part], mask=mask[part], probability=probability[part], label=label[part])
        for part in parts
    ]
