"""Otsu's threshold: scikit-image's, for maps of every kind."""

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from segmentation.csnet.segmenter import find_otsu_threshold

KINDS = {
    "probabilities": lambda random, shape: random.beta(0.1, 0.3, shape) * 255,
    "two hills": lambda random, shape: np.where(
        random.random(shape) < 0.1, random.normal(220, 20, shape), random.normal(15, 10, shape)
    ),
    "any level": lambda random, shape: random.integers(0, 256, shape),
    "four levels": lambda random, shape: random.integers(252, 256, shape),
    "few levels with gaps": lambda random, shape: random.choice(random.integers(0, 256, 5), shape),
    "constant": lambda random, shape: np.full(shape, random.integers(0, 256)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_threshold_is_scikit_image_s(kind):
    random = np.random.default_rng(0)
    for _ in range(100):
        shape = random.integers(1, 60, 2)
        levels = KINDS[kind](random, shape).clip(0, 255).round().astype(np.uint8)
        assert find_otsu_threshold(levels) == threshold_otsu(levels)
