"""Labelled images that a segmenter does not learn from: on them the threshold of its probability map is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import ColorMode
from ..images.pictures import read_grey, read_picture, to_float, to_planes, to_uint8
from ..images.thresholds import choose_best_level
from ..training.trainable import TrainableSegmenter

# An image and its label.
LabelledImage = tuple[Path, Path]

# Key of the random stream of the draw: no other stream of the seed.
HELD_OUT_STREAM_KEY = 7


def split_held_out(
    pairs: Sequence[LabelledImage], share: float, seed: int
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Split pairs at random into those to learn from and those held out, both in their order.

    Of a share above 0 at least one pair is held out, and at least one is learnt from. Another seed holds out others.
    """
    wanted = max(round(share * len(pairs)), 1) if share > 0 else 0
    count = min(wanted, len(pairs) - 1)
    drawn = set(np.random.default_rng([seed, HELD_OUT_STREAM_KEY]).permutation(len(pairs))[:count].tolist())
    kept = [pair for number, pair in enumerate(pairs) if number not in drawn]
    return kept, [pairs[number] for number in sorted(drawn)]


def find_probability(segmenter: TrainableSegmenter, path: Path, color: ColorMode) -> np.ndarray:
    """Return the probability map, (H, W) uint8, of a picture of the mode ``color``."""
    image = to_planes(to_float(read_picture(path, color)))[None]
    return to_uint8(segmenter.probabilities(image)[0, 0])


def choose_threshold(
    segmenter: TrainableSegmenter, held_out: Sequence[LabelledImage], color: ColorMode = "grey"
) -> dict[str, Any] | None:
    """Return the level that fits the held-out images best, with its Dice and their number; None without any."""
    if not held_out:
        return None
    maps = [find_probability(segmenter, image, color) for image, _label in held_out]
    return asdict(choose_best_level(maps, [read_grey(label) > 127 for _image, label in held_out]))
