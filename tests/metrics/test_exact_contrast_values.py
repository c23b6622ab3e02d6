"""Entropy, average gradient and PIQE of small unsymmetric pictures, against their written-out formulas."""

import math

import numpy as np
import pytest

from metrics.contrast import Contrast, average_gradient, entropy_bits
from metrics.piqe import Piqe, piqe
from sspbench.contract import ScoringBatch

PICTURE = np.array([[0, 3, 3, 9], [4, 3, 9, 2], [7, 7, 1, 0]], np.uint8)
INSIDE = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]], bool)


def gradient_by_hand(picture, kind, inside=None):
    """The average gradient pixel by pixel."""
    levels, (height, width) = picture.astype(float).tolist(), picture.shape
    found = []
    for y in range(height - (kind == "forward")):
        for x in range(width - (kind == "forward")):
            left, right, up, down = max(x - 1, 0), min(x + 1, width - 1), max(y - 1, 0), min(y + 1, height - 1)
            if kind == "forward":
                dx, dy = levels[y][x + 1] - levels[y][x], levels[y + 1][x] - levels[y][x]
            else:
                dx = (levels[y][right] - levels[y][left]) / (right - left)
                dy = (levels[down][x] - levels[up][x]) / (down - up)
            if inside is None or all(inside[a][b] for a, b in ((y, x), (up, x), (down, x), (y, left), (y, right))):
                found.append(math.sqrt((dx * dx + dy * dy) / 2))
    return sum(found) / ((height - 1) * (width - 1) if inside is None else len(found))


def test_entropy_of_counted_levels():
    shares = [2, 3, 1, 1, 1, 2, 2]  # of 0, 3, 4, 2, 1, 7, 9
    expected = -sum(n / 12 * math.log2(n / 12) for n in shares)
    other = np.array([[5, 5, 5, 5], [5, 5, 6, 6], [6, 6, 6, 6]], np.uint8)
    assert entropy_bits(np.stack([PICTURE, other])) == pytest.approx([expected, 1.0], abs=1e-12)
    white = np.where(other == 5, np.uint8(255), np.uint8(0))
    assert entropy_bits(np.stack([white, PICTURE])) == pytest.approx([1.0, expected], abs=1e-12)
    counted = [2, 3, 2, 1, 1, 1]  # of 0, 3, 9, 2, 7, 1: without the 4 and the 7 of the first column
    by_mask = -sum(n / 10 * math.log2(n / 10) for n in counted)
    assert entropy_bits(PICTURE[None], INSIDE[None]) == pytest.approx([by_mask], abs=1e-12)


@pytest.mark.parametrize("kind", ["forward", "central"])
def test_average_gradient_of_every_pixel(kind):
    other = PICTURE // 2
    found = average_gradient(np.stack([PICTURE, other]), kind)
    assert found == pytest.approx([gradient_by_hand(PICTURE, kind), gradient_by_hand(other, kind)], rel=1e-12)
    assert found[0] != pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize("kind", ["forward", "central"])
def test_average_gradient_inside_a_field_of_view(kind):
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (6, 9), dtype=np.uint8)
    inside = np.ones(picture.shape, bool)
    inside[2, 3] = inside[5, 8] = inside[0, 0] = False
    found = average_gradient(picture[None], kind, inside[None])
    assert found == pytest.approx([gradient_by_hand(picture, kind, inside)], rel=1e-12)


def test_reasons_say_what_is_missing():
    thin = Contrast().score(ScoringBatch(PICTURE[None, :1]))
    assert np.isnan(thin["avg_gradient"].values).all() and not np.isnan(thin["entropy"].values).any()
    assert thin["avg_gradient"].notes == ("the image is less than two pixels high or wide",)
    assert average_gradient(np.array([[[0, 9], [0, 9]]], np.uint8)) == pytest.approx([9 / math.sqrt(2)])
    outside = np.zeros((1, 3, 4), bool)
    empty = Contrast().score(ScoringBatch(PICTURE[None], inner_fov=outside))
    assert np.isnan(empty["entropy"].values).all()
    assert empty["entropy"].notes == ("the field of view is empty",)
    assert empty["avg_gradient"].notes == ("no pixel lies inside the field of view with its neighbours",)
    small = Contrast().score(ScoringBatch(PICTURE[None, :2, :2], inner_fov=outside[:, :2, :2]))
    assert small["avg_gradient"].notes == empty["avg_gradient"].notes


def test_the_three_measures_are_those_of_their_names():
    found = Contrast().score(ScoringBatch(PICTURE[None]))
    assert found["avg_gradient"].values == pytest.approx([gradient_by_hand(PICTURE, "forward")])
    assert found["avg_gradient_central"].values == pytest.approx([gradient_by_hand(PICTURE, "central")])
    assert found["entropy"].values == pytest.approx(entropy_bits(PICTURE[None]))
    nats = Contrast.definitions["Entropy, nats"](PICTURE[None])
    assert nats == pytest.approx(entropy_bits(PICTURE[None]) * math.log(2))


def test_piqe_counts_the_blocks_inside_the_field_of_view_alone():
    random = np.random.default_rng(3)
    quiet = np.clip(random.normal(100, 2, (48, 64)), 0, 255)
    noisy = np.where(np.arange(64) < 32, quiet, random.integers(0, 256, (48, 64)))
    noisy[0, 0] = 255
    image = noisy.astype(np.uint8)[None]
    left = np.broadcast_to(np.arange(64) < 32, image.shape)
    assert piqe(image, ~left) != pytest.approx(piqe(image, left), abs=1)
    assert piqe(image, np.ones_like(left)) == pytest.approx(piqe(image), abs=1e-12)
    almost = left.copy()
    almost[0, 5, 5] = False  # a block that is cut does not count
    assert piqe(image, almost) != pytest.approx(piqe(image, left), abs=1e-6)


def test_piqe_of_nothing_is_undefined_with_the_reason():
    image = np.random.default_rng(3).integers(0, 256, (2, 48, 64), dtype=np.uint8)
    image[1] = 0
    inside = np.zeros(image.shape, bool)
    inside[0, :, 5:15] = True
    scores = Piqe().score(ScoringBatch(image, inner_fov=inside))["piqe"]
    assert np.isnan(scores.values).all()
    assert scores.notes == ("no block of 16 x 16 pixels lies inside the field of view", "the image is all black")
