"""A picture that shows the scene of another test image: which ones are named, and how much they must resemble it."""

import numpy as np
import pytest

from sspbench.images.pictures import write_grey
from sspbench.stages.import_external import _describe_structures, find_resemblances

SIDE = 96  # pictures are compared at this size, so that nothing is resampled here


def pattern(number, side=SIDE):
    return np.random.default_rng(number).normal(size=(side, side))


def picture(pattern, contrast=30.0):
    return np.clip(np.rint(128 + contrast * pattern), 0, 255).astype(np.uint8)


@pytest.fixture
def originals(tmp_path):
    found = {}
    for number, name in enumerate(("a", "b", "c")):
        write_grey(tmp_path / f"{name}.png", picture(pattern(number)))
        found[name] = tmp_path / f"{name}.png"
    return found


def test_a_picture_of_another_scene_is_named_with_that_scene(originals):
    given = {"a": picture(pattern(2)), "b": picture(pattern(1)), "c": picture(pattern(0))}
    assert find_resemblances(given, originals) == {"a": "c", "c": "a"}


def test_contrast_light_and_polarity_do_not_matter(originals):
    light = 3 * np.linspace(-1, 1, SIDE)
    given = {"a": picture(-pattern(1), 10), "b": picture(pattern(1) + light, 15), "c": picture(-pattern(2), 8)}
    assert find_resemblances(given, originals) == {"a": "b"}


def test_a_flat_picture_resembles_nothing(originals):
    assert find_resemblances({"b": np.full((SIDE, SIDE), 90, np.uint8)}, originals) == {}


def test_other_sizes_are_compared_too(tmp_path):
    for number, name in enumerate(("a", "b")):
        write_grey(tmp_path / f"{name}.png", picture(np.kron(pattern(number, 48), np.ones((4, 3)))))
    given = {"a": picture(np.kron(pattern(1, 48), np.ones((4, 3))))}
    assert find_resemblances(given, {name: tmp_path / f"{name}.png" for name in ("a", "b")}) == {"a": "b"}


@pytest.mark.parametrize(("degrees", "expected"), [(46.9, {}), (47.2, {"a": "b"})])
def test_the_likeness_of_the_other_scene_must_exceed_the_own_by_5_percent(originals, degrees, expected):
    """Unrelated patterns add up like sides of a right angle: sin - cos is 0.047 at 46.9 and 0.054 at 47.2 degrees."""
    angle = np.radians(degrees)
    mixed = np.cos(angle) * pattern(0) + np.sin(angle) * pattern(1)
    assert find_resemblances({"a": picture(mixed)}, originals) == expected


def test_structures_are_means_over_areas_without_their_gaussian_light():
    """A wave of 60 px at the compared size, of which the light takes the most, and noise, which the areas average."""
    wave = 60 * np.sin(2 * np.pi * np.arange(SIDE) / 60)
    full = 128 + np.kron(np.tile(wave, (SIDE, 1)), np.ones((2, 3))) + 30 * pattern(1, 288)[:192]
    picture_in_full = np.clip(np.rint(full), 0, 255).astype(np.uint8)
    small = picture_in_full.reshape(SIDE, 2, SIDE, 3).mean(axis=(1, 3))
    reach = np.arange(-32, 33)
    kernel = np.exp(-(reach**2) / (2 * 8.0**2)) / np.exp(-(reach**2) / (2 * 8.0**2)).sum()
    light = small
    for _ in range(2):
        padded = np.pad(light, ((0, 0), (32, 32)), mode="symmetric")
        light = np.array([np.convolve(row, kernel, mode="valid") for row in padded]).T
    wanted = (small - light).ravel()
    found = _describe_structures(picture_in_full)
    assert np.linalg.norm(found) == pytest.approx(1.0)
    assert found @ wanted / np.linalg.norm(wanted) > 0.9995
    for level in range(0, 256, 7):
        assert not _describe_structures(np.full((96, 96), level, np.uint8)).any()
    speck = np.zeros((96, 96), np.uint8)
    speck[50, 50] = 1
    assert np.linalg.norm(_describe_structures(speck)) == pytest.approx(1.0)
