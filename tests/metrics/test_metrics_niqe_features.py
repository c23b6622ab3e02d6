"""NIQE's features against their definition written out, pixel sets and all."""

import numpy as np
import pytest
from scipy.special import gamma

from metrics.iqa.mscn import local_statistics
from metrics.iqa.niqe_features import compute_block_features

SHAPES = np.arange(200, 10001) / 1000


def fit(x):
    left, right = np.sqrt(np.mean(x[x < 0] ** 2)), np.sqrt(np.mean(x[x > 0] ** 2))
    skew = left / right
    wanted = np.mean(np.abs(x)) ** 2 / np.mean(x**2) * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    ratio = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))
    shape = SHAPES[np.argmin((ratio - wanted) ** 2)]
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale


def features_by_definition(block):
    shape, left, right = fit(block)
    features = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = fit(block * np.roll(block, shift, (0, 1)))
        features += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return features


def test_features_of_textured_flat_and_partly_black_blocks():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (96, 288), dtype=np.uint8)
    image[:, 96:192] //= 3
    image[:, 200:] = 50
    image[20:90, 110:150] = 0
    normalised, deviation = local_statistics(image.astype(np.float64))
    features, sharpness = compute_block_features(image)
    for number, columns in enumerate((slice(0, 96), slice(96, 192), slice(192, 288))):
        assert features[number, :18] == pytest.approx(features_by_definition(normalised[:, columns]), abs=1e-9)
        assert sharpness[number] == pytest.approx(deviation[:, columns].mean())


@pytest.mark.parametrize("shape", [(95, 200), (200, 95), (10, 10)])
def test_an_image_smaller_than_a_block_has_no_features(shape):
    features, sharpness = compute_block_features(np.zeros(shape, np.uint8))
    assert (features.shape, sharpness.shape) == ((0, 36), (0,))


def test_local_statistics_by_definition():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (12, 15)).astype(np.float64)
    offsets = np.arange(-3, 4)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * (7 / 6) ** 2))
    window /= window.sum()
    patches = np.lib.stride_tricks.sliding_window_view(np.pad(image, 3, mode="edge"), (7, 7))
    mean = np.einsum("ijkl,kl->ij", patches, window)
    deviation = np.sqrt(np.einsum("ijkl,kl->ij", (patches - mean[:, :, None, None]) ** 2, window))
    normalised, found = local_statistics(image)
    assert found == pytest.approx(deviation, abs=1e-9)
    assert normalised == pytest.approx((image - mean) / (deviation + 1), abs=1e-9)
