"""The dark channel prior against a slow reference and on degenerate images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.dcp.method import DarkChannelPrior, box_mean, estimate_air_light, guided_filter
from sspbench.config.overrides import resolve_params
from sspbench.errors import UserError
from sspbench.plugins.discovery import get_plugin

PLUGIN = get_plugin("methods", "dcp")
READINGS = [None, *PLUGIN.meta["readings"]]


def dcp(reading=None, **overrides):
    return DarkChannelPrior(resolve_params(PLUGIN, "paper", reading, overrides))


def textured(height, width, seed=0):
    grid = np.add.outer(np.linspace(0.2, 0.6, height), np.linspace(0, 0.3, width))
    noise = np.random.default_rng(seed).random((height, width))
    return (grid * (0.7 + 0.3 * noise)).astype(np.float32)


def window_of(array, i, j, before, after):
    return array[max(i - before, 0) : i + after + 1, max(j - before, 0) : j + after + 1]


def slow_box(array, side):
    radius = side // 2
    return np.array(
        [[window_of(array, i, j, radius, radius).mean() for j in range(array.shape[1])] for i in range(array.shape[0])]
    )


def slow_dcp(image, p):
    image = image.astype(np.float64)
    radius = p["window"] // 2
    dark = np.array(
        [[window_of(image, i, j, radius, radius).min() for j in range(image.shape[1])] for i in range(image.shape[0])]
    )
    count = max(image.size // 1000, 1)
    chosen = sorted(range(image.size), key=lambda k: (dark.ravel()[k], k))[-count:]
    light = np.mean([image.ravel()[k] for k in chosen])
    rough = 1 - p["omega"] * dark / light
    mean = lambda array: slow_box(array, p["filter_side"])  # noqa: E731
    slope = (mean(image * rough) - mean(image) * mean(rough)) / (mean(image**2) - mean(image) ** 2 + p["filter_eps"])
    offset = mean(rough) - slope * mean(image)
    transmission = np.maximum(mean(slope) * image + mean(offset), p["t0"])
    return np.clip((image - light) / transmission + light, 0, 1)


def test_agrees_with_a_slow_reference():
    image = textured(53, 61)
    method = dcp(filter_side=21)
    fast = method.enhance(image[None, None])[0, 0]
    assert fast == pytest.approx(slow_dcp(image, method.params), abs=1e-6)
    assert np.abs(fast - image).max() > 0.05


def test_the_normalised_box_is_a_mean_of_pixels_inside():
    array = np.random.default_rng(1).random((9, 7))
    everywhere = np.ones(array.shape, bool)
    assert box_mean(array, everywhere, 5, "normalised") == pytest.approx(slow_box(array, 5))
    assert box_mean(array, everywhere, 41, "normalised") == pytest.approx(np.full((9, 7), array.mean()))


def test_guided_filter_keeps_what_is_linear_in_the_guide():
    guide = np.random.default_rng(2).random((30, 30))
    everywhere = np.ones(guide.shape, bool)
    filtered = guided_filter(guide, 2 * guide - 1, everywhere, side=9, eps=1e-12, border="normalised")
    assert filtered == pytest.approx(2 * guide - 1)


def test_air_light_takes_exactly_the_top_share():
    image, everywhere = np.arange(4000, dtype=np.float64).reshape(40, 100, 1) / 4000, np.ones((40, 100), bool)
    top = np.array([3996, 3997, 3998, 3999]) / 4000
    assert estimate_air_light(image, image, everywhere, share=0.001) == pytest.approx([top.mean()])
    short = top[1:].sum() / 4
    assert estimate_air_light(image, image, everywhere, share=0.001, skip=1) == pytest.approx([short])


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("grey", [0.0, 0.37, 1.0])
def test_constant_images_come_back_unchanged(reading, grey):
    images = np.full((2, 1, 20, 24), grey, np.float32)
    assert np.array_equal(dcp(reading).enhance(images), images)


@pytest.mark.parametrize("reading", READINGS)
def test_nearly_black_images_stay_finite(reading):
    images = np.zeros((1, 1, 25, 31), np.float32)
    images[0, 0, 3, 4] = 1 / 255
    enhanced = dcp(reading).enhance(images)
    assert np.isfinite(enhanced).all()
    assert 0 <= enhanced.min() <= enhanced.max() <= 1


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 99))
def test_any_size_works_and_the_input_is_untouched(height, width, seed):
    images = np.random.default_rng(seed).random((2, 1, height, width)).astype(np.float32)
    before = images.copy()
    enhanced = dcp().enhance(images)
    assert enhanced.shape == images.shape
    assert enhanced.dtype == np.float32
    assert np.isfinite(enhanced).all()
    assert np.array_equal(images, before)
    assert np.array_equal(enhanced[1:], dcp().enhance(images[1:]))


def test_the_readings_are_different_methods_but_not_far_from_plain():
    image = textured(96, 96)[None, None]
    plain = dcp().enhance(image)
    for name in ("hezhang", "joyee"):
        other = dcp(name).enhance(image)
        assert 0 < np.abs(other - plain).mean() < 0.1, name
    inverted = dcp(inverted=True).enhance(image)
    assert np.abs(inverted - (1 - dcp().enhance(1 - image))).max() < 1e-4


def test_plain_dehazing_darkens_the_background_and_stretches():
    image = textured(96, 96)
    enhanced = dcp().enhance(image[None, None])[0, 0]
    assert enhanced.mean() < image.mean()
    assert enhanced.std() > image.std()


def test_an_unknown_border_is_told():
    with pytest.raises(UserError, match="filter_border"):
        dcp(filter_border="wrap").enhance(textured(9, 9)[None, None])


def test_colour_has_an_air_light_for_each_channel_and_one_transmission():
    # 1000 pixels count; the lightest of their dark channel, the minimum over the channels, is the last one's
    picture = np.full((25, 41, 3), (0.5, 0.3, 0.2))
    picture[24, 40] = (0.7, 0.6, 0.9)
    picture[0, 0] = (1.0, 1.0, 0.1)  # bright, but its dark channel is not
    seen = np.ones((25, 41), bool)
    seen[:, 0] = False
    light = estimate_air_light(picture, picture, seen, share=0.001)
    assert light == pytest.approx([0.7, 0.6, 0.9])
    method = dcp(window=1, omega=0.5, filter_eps=1e12)  # so large an eps makes the transmission its mean over boxes
    clear = method.enhance(np.moveaxis(picture, 2, 0)[None].astype(np.float32))[0]
    rough = np.full((25, 41), 1 - 0.5 * 0.2 / 0.9)  # blue: 0.2 / 0.9 is the least share of the air light
    rough[24, 40], rough[0, 0] = 1 - 0.5, 1 - 0.5 * 0.1 / 0.9
    expected = (np.array((0.5, 0.3, 0.2)) - light) / rough.mean() + light
    assert clear[:, 12, 20] == pytest.approx(np.clip(expected, 0, 1), abs=1e-3)


def test_the_black_border_around_a_photograph_does_not_count():
    y, x = np.ogrid[:96, :96]
    seen = np.hypot(y - 48, x - 48) < 40
    inside = np.stack([textured(96, 96, seed) for seed in range(3)])
    inside[:, 44:52, 44:52] = 0.98  # the air light of both
    expected = dcp(window=7).enhance(inside[None])[0]
    framed = dcp(window=7).enhance(np.where(seen, inside, 0).astype(np.float32)[None])[0]
    assert (framed[:, ~seen] == 0).all()
    rim = seen & (np.hypot(y - 48, x - 48) > 36)
    assert np.abs(framed - expected)[:, rim].mean() < 0.03
