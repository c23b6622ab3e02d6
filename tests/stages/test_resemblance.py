"""A picture that shows the scene of another test image: which ones are named, and how much they must resemble it."""

import numpy as np
import pytest

from sspbench.images.grey import write_grey
from sspbench.stages.resemblance import find_resemblances

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
