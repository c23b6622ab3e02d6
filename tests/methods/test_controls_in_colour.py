"""Classical methods on RGB images: channels keep their order, and what is no retina changes nothing."""

import json

import cv2
import numpy as np
import pytest

from sspbench.config.overrides import resolve_params
from sspbench.contract import Method
from sspbench.images.field_of_view import find_field_of_view
from sspbench.images.pictures import to_uint8
from sspbench.plugins.discovery import find_plugins, get_plugin, load_method_class

CLASSICAL = [name for name, plugin in find_plugins("methods").items() if plugin.meta["kind"] == "classical"]

ORANGE = (0.6, 0.3, 0.2)
ORANGE_LUMINANCE = 0.299 * 0.6 + 0.587 * 0.3 + 0.114 * 0.2  # 0.3783


def made(name, high=None, channels=3):
    plugin = get_plugin("methods", name)
    method: Method = load_method_class(plugin)(resolve_params(plugin, "paper"), 0)
    method.channels = channels
    if method.is_fitted():
        method.fitted = json.loads(json.dumps(method.fit([], [photograph(seed=8)] if high is None else high)))
    return method


def retina(height=64, width=72):
    """A disc that touches no border."""
    y, x = np.ogrid[:height, :width]
    return np.hypot(y - height / 2, x - width / 2) < 0.45 * min(height, width)


def photograph(seed=0, height=64, width=72):
    """(H, W, 3) float32: orange, uneven and noisy in a disc on black."""
    random = np.random.default_rng(seed)
    light = np.linspace(0.7, 1.3, width)[None, :, None]
    noise = random.normal(1, 0.05, (height, width, 3))
    return (np.clip(np.array(ORANGE) * light * noise, 0, 1) * retina(height, width)[..., None]).astype(np.float32)


def enhance(method, picture):
    return np.moveaxis(method.enhance(np.moveaxis(picture, 2, 0)[None].copy())[0], 0, 2)


@pytest.mark.parametrize("name", CLASSICAL)
def test_black_stays_around_the_retina(name):
    picture = photograph()
    result = enhance(made(name), picture)
    assert result[~retina()].max() < 4 / 255  # non-local means smears its edge a little
    assert result[retina()].mean() > 0.2


@pytest.mark.parametrize("name", CLASSICAL)
def test_red_stays_the_brightest_and_blue_the_darkest_channel(name):
    red, green, blue = enhance(made(name), photograph())[retina()].mean(axis=0)
    assert red > 1.2 * green > 1.2 * 1.2 * blue


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 50), (61, 97)])
def test_any_size_in_range_and_the_input_untouched(name, height, width):
    images = np.random.default_rng(1).random((2, 3, height, width)).astype(np.float32)
    before = images.copy()
    result = made(name).enhance(images)
    assert (result.shape, result.dtype) == (images.shape, np.float32)
    assert 0 <= result.min() <= result.max() <= 1
    assert np.array_equal(images, before)
    assert np.array_equal(result[1:], made(name).enhance(images[1:]))


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_black_and_white_are_finite(name, level):
    assert np.isfinite(made(name).enhance(np.full((1, 3, 40, 40), level, np.float32))).all()


# CLAHE is left out: the lightness of a grey level is no linear function of it
@pytest.mark.parametrize("name", [name for name in CLASSICAL if name != "clahe"])
def test_equal_channels_give_what_grey_gives(name):
    grey = (0.15 + 0.8 * np.random.default_rng(2).random((64, 72)) * np.linspace(0.5, 1, 72)).astype(np.float32)
    assert find_field_of_view(to_uint8(np.dstack([grey] * 3))).mask.all()
    high = (0.2 + 0.6 * np.random.default_rng(3).random((40, 40))).astype(np.float32)
    alone = made(name, [high], channels=1).enhance(grey[None, None])[0, 0]
    colour = enhance(made(name, [np.dstack([high] * 3)]), np.dstack([grey] * 3))
    # non-local means goes through 8-bit Lab, everything else is the same arithmetic
    allowed = 6 / 255 if name == "nlm" else 2e-5
    assert np.abs(colour - alone[..., None]).max() < allowed


def test_brightness_has_one_gain_for_all_channels():
    high = np.full((40, 40, 3), (0.8, 0.4, 0.1), np.float32)
    wanted = 0.299 * 0.8 + 0.587 * 0.4 + 0.114 * 0.1
    method = made("brightness", [high])
    assert method.fitted == {"high_mean": pytest.approx(wanted)}
    picture = np.where(retina()[..., None], np.float32(ORANGE), np.float32(0))
    expected = np.array(ORANGE) * wanted / ORANGE_LUMINANCE
    assert enhance(method, picture)[retina()] == pytest.approx(np.tile(expected, (retina().sum(), 1)), rel=1e-5)


def test_flat_field_divides_by_the_luminance_inside_the_field_of_view():
    picture = np.where(retina()[..., None], np.float32(ORANGE), np.float32(0))
    assert enhance(made("flat_field"), picture) == pytest.approx(picture, abs=1e-5)  # even light stays even to the edge
    uneven, seen = photograph(height=200, width=240), retina(200, 240)
    ratio = enhance(made("flat_field"), uneven)[seen] / uneven[seen]
    assert np.ptp(ratio, axis=1).max() < 1e-5  # all channels of a pixel get the same factor
    assert ratio[:, 0].std() > 0.03


def test_histograms_are_matched_channel_by_channel():
    high = np.zeros((40, 40, 3), np.float32)
    high[:, :20], high[:, 20:] = np.array((200, 100, 50)) / 255, np.array((220, 60, 30)) / 255
    picture = np.zeros((40, 40, 3), np.float32)
    picture[:20], picture[20:] = np.array((90, 80, 40)) / 255, np.array((120, 70, 60)) / 255
    result = np.rint(255 * enhance(made("histogram_matching", [high]), picture)).astype(int)
    # half of the pixels lie below in red and blue, above in green
    assert result[0, 0].tolist() == [200, 100, 30]
    assert result[39, 0].tolist() == [220, 60, 50]


def test_gamma_bends_every_channel():
    picture = np.full((4, 5, 3), (0.81, 0.25, 0.04), np.float32)
    assert enhance(made("gamma"), picture)[2, 3] == pytest.approx([0.729, 0.125, 0.008], rel=1e-5)


def test_clahe_changes_lightness_and_keeps_the_hue():
    picture = photograph()
    result = enhance(made("clahe"), picture)
    before, after = (cv2.cvtColor(image, cv2.COLOR_RGB2Lab)[retina()] for image in (picture, result))
    shown = (result[retina()] > 0.01) & (result[retina()] < 0.99)  # what is clipped changes its hue
    inside = shown.all(axis=1)
    assert np.abs(after[inside, 1:] - before[inside, 1:]).max() < 0.5
    assert after[:, 0].std() > 1.2 * before[:, 0].std()


def test_retinex_gives_all_channels_of_a_pixel_the_same_factor():
    picture = photograph()
    seen = retina()
    ratio = enhance(made("retinex"), picture)[seen] / picture[seen]
    assert np.ptp(ratio, axis=1).max() < 1e-4
    assert ratio[:, 0].std() > 0.1


def test_non_local_means_takes_red_first():
    picture = np.full((30, 30, 3), (0.8, 0.3, 0.1), np.float32)
    assert enhance(made("nlm"), picture)[15, 15] == pytest.approx([0.8, 0.3, 0.1], abs=3 / 255)
