"""SCR-Net on fundus photographs: the published cataract, and the field of view in filter, losses and output."""

import pytest
import torch

from methods.scrnet import cataract
from methods.scrnet.cataract import add_cataract
from methods.scrnet.frequency import high_frequency
from methods.scrnet.method import SCRNet, restoration_losses
from sspbench.config.overrides import resolve_params
from sspbench.plugins.discovery import get_plugin
from sspbench.training.field_of_view import find_views

COLOUR = torch.tensor([0.6, 0.3, 0.2]).view(1, 3, 1, 1)


class Fixed:
    """Constants of the cataract that a test sets to one value each."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        for name in ("CONTRAST", "BRIGHTNESS", "SATURATION"):
            self.set(name, 1.0)
        self.set("VEIL", 0.0)
        monkeypatch.setattr(cataract, "CENTRE_SHIFT", 0.0)

    def set(self, name, value):
        self.monkeypatch.setattr(cataract, name, (value, value))


@pytest.fixture
def fixed(monkeypatch):
    return Fixed(monkeypatch)


def spoil(images, view=None, seed=0):
    view = torch.ones_like(images[:, :1]) if view is None else view
    return add_cataract(images, view, torch.Generator().manual_seed(seed))


def photographs(count, side=64, seed=0):
    """Orange with texture, the left third black."""
    random = torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))
    images = COLOUR * (0.8 + 0.4 * random)
    images[..., : side // 3] = 0
    return images


def built():
    method = SCRNet(resolve_params(get_plugin("methods", "scrnet"), "smoke"))
    method.channels = 3
    torch.manual_seed(0)
    method.build()
    return method


def test_the_lens_lets_four_fifths_pass(fixed):
    assert torch.allclose(spoil(COLOUR.expand(1, 3, 20, 24)), 0.8 * COLOUR.expand(1, 3, 20, 24), atol=1e-6)


def test_scattered_light_grows_with_the_distance_from_the_centre(fixed):
    fixed.set("VEIL", 0.5)
    images = COLOUR.expand(1, 3, 40, 40).clone()
    images[..., 20, 20] = 1.0  # the largest value of each channel
    found = spoil(images)[0, :, 0, 0]  # the corner is farthest: M = 1
    assert torch.allclose(found, 0.8 * COLOUR.flatten() + 0.5 * (1 - COLOUR.flatten()), atol=1e-5)
    veiled = spoil(images)[0, 0, 20]
    assert (veiled[22:].diff() > 0).all()
    assert float(veiled[22]) < 0.8 * 0.6 + 0.5 * 0.4 * 0.15


def test_contrast_brightness_and_saturation_come_in_this_order(fixed):
    fixed.set("CONTRAST", 1.25)
    fixed.set("BRIGHTNESS", 0.9)
    fixed.set("SATURATION", 1.2)
    images = torch.cat([COLOUR.expand(1, 3, 16, 16), COLOUR.flip(1).expand(1, 3, 16, 16)], dim=3)
    weights = torch.tensor([0.299, 0.587, 0.114])
    halves = 0.8 * torch.stack([COLOUR.flatten(), COLOUR.flatten().flip(0)])
    mean = (halves @ weights).mean()
    halves = 0.9 * (mean + 1.25 * (halves - mean))
    grey = (halves @ weights)[:, None]
    expected = grey + 1.2 * (halves - grey)
    found = spoil(images)[0, :, 8]
    assert torch.allclose(found[:, 2], expected[0], atol=1e-5)
    assert torch.allclose(found[:, 29], expected[1], atol=1e-5)


def test_draws_differ_between_images_and_repeat_with_the_seed():
    images = photographs(1).expand(3, 3, 64, 64)
    found = spoil(images)
    assert torch.equal(found, spoil(images))
    assert not torch.equal(found[0], found[1])
    assert 0 <= float(found.min()) <= float(found.max()) <= 1
    assert not torch.equal(found, spoil(images, seed=1))


def test_nothing_outside_the_field_of_view_counts():
    images = photographs(2)
    view = find_views(images)
    assert view[..., :21].max() == 0
    assert view[..., 21:].min() == 1
    spoilt = spoil(images, view)
    assert spoilt[..., :21].max() == 0
    drawn = [torch.rand_like(images), torch.rand_like(images)]
    changed = [image.clone() for image in drawn]
    for image in changed:
        image[..., :21] = 0.7
    losses, same = (restoration_losses(*one, 2 * images - 1, view) for one in (drawn, changed))
    assert all(torch.equal(losses[name], same[name]) for name in losses)
    whole = restoration_losses(*drawn, 2 * images - 1)
    assert float(whole["image"]) != float(losses["image"])


def test_the_output_is_black_outside():
    images = photographs(1)
    method = built()
    method.inference_mode()
    with torch.no_grad():
        found = method.translate(images)
        bare = method.generator(high_frequency(2 * images - 1, find_views(images)))[1]
    assert found[..., :21].max() == 0
    assert torch.equal(found[..., 21:], (bare[..., 21:] + 1) / 2)


def test_specks_are_no_field_of_view_and_dark_vessels_no_hole():
    images = torch.zeros(1, 3, 40, 40)
    images[..., 3:10, 3:10] = 1.0  # 7 x 7: the square that opens has 8
    assert find_views(images).sum() == 0
    images[..., 20:28, 20:28] = 1.0
    assert find_views(images).sum() == 64
    assert find_views(images)[..., 20:28, 20:28].min() == 1
    assert find_views(COLOUR.expand(1, 3, 5, 7)).min() == 1  # a small bright crop is all retina
    blue = torch.tensor([0.0, 0.0, 0.3]).view(1, 3, 1, 1)  # luminance .0342: 8.7 of 255
    assert find_views(blue.expand(1, 3, 20, 20)).max() == 0
