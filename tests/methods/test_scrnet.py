"""SCR-Net: sizes, the filter, the degradation, and one step written out by hand."""

import pytest
import torch
from torch.nn import functional

from methods.scrnet.degradation import degrade, draw_light_field, gaussian_blur
from methods.scrnet.frequency import high_frequency
from methods.scrnet.method import SCRNet, restoration_losses
from methods.scrnet.networks import Generator
from sspbench.config.plan import resolve_params
from sspbench.plugins.discovery import get_plugin

STILL = {
    "defocus": [0.0, 0.0],
    "haze": [0.0, 0.0],
    "gain": [1.0, 1.0],
    "unevenness": [0.0, 0.0],
    "light_scale": [20, 20],
    "shot": [0.0, 0.0],
    "read": [0.0, 0.0],
    "noise_blur": [0.0, 0.0],
}


def built(preset="smoke", **overrides):
    method = SCRNet(resolve_params(get_plugin("methods", "scrnet"), preset, None, overrides))
    torch.manual_seed(0)
    method.build()
    return method


def pictures(count, seed=0, side=64):
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(seed))


def count(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("channels", "base", "expected"), [(1, 64, 89_273_154), (3, 64, 89_283_398), (1, 8, 1_396_330)]
)
def test_parameters(channels, base, expected):
    with torch.device("meta"):
        assert count(Generator(channels, base)) == expected


def test_the_official_order_names_every_tensor_once():
    network = Generator(1, 2)
    assert len(network.official_tensors()) == 48
    assert {id(t) for t in network.official_tensors()} == {id(p) for p in network.parameters()}


def test_the_smallest_image_has_a_single_innermost_pixel():
    detail, image = Generator(1, 2)(2 * pictures(1, side=256) - 1)
    assert detail.shape == image.shape == (1, 1, 256, 256)
    assert torch.isfinite(image).all()


def test_the_detail_knows_nothing_of_the_image_decoder_but_the_reverse():
    network = Generator(1, 2, depth=3)
    detail, image = network(2 * pictures(1, side=16) - 1)
    gradients = torch.autograd.grad(
        detail.sum(), list(network.image.parameters()), allow_unused=True, retain_graph=True
    )
    assert all(gradient is None for gradient in gradients)
    assert all(g is not None for g in torch.autograd.grad(image.sum(), [layer.weight for layer in network.detail[1:]]))


def test_the_filter_removes_what_is_flat_and_cuts_what_is_strong():
    flat = torch.full((1, 1, 40, 40), 0.3)
    assert float(high_frequency(flat).abs().max()) < 1e-5
    peak = flat.clone()
    peak[..., 20, 20] = 1.0
    assert float(high_frequency(peak)[..., 20, 20]) == 1.0
    view = torch.ones(1, 1, 40, 40)
    view[..., :5] = 0
    assert (high_frequency(peak, view)[..., :5] == -1).all()


def test_agreement_teaches_the_image_alone():
    detail, image = (2 * pictures(1, seed) - 1 for seed in (1, 2))
    detail.requires_grad_()
    image.requires_grad_()
    agreement = restoration_losses(detail, image, 2 * pictures(1, 3) - 1)["agreement"]
    assert torch.autograd.grad(agreement, detail, allow_unused=True, retain_graph=True)[0] is None
    assert torch.autograd.grad(agreement, image)[0].abs().sum() > 0


def test_without_faults_an_image_stays_as_it_is():
    images = pictures(3)
    torch.testing.assert_close(degrade(images, STILL, torch.Generator()), images)


@pytest.mark.parametrize(
    ("fault", "value", "expected"),
    [("gain", 0.5, 0.2), ("haze", 0.5, 0.6)],
)
def test_gain_and_haze_of_a_flat_image(fault, value, expected):
    flat = torch.full((2, 1, 16, 16), 0.4)
    spoilt = degrade(flat, {**STILL, fault: [value, value]}, torch.Generator())
    torch.testing.assert_close(spoilt, torch.full_like(flat, expected))


def test_noise_has_the_variance_that_is_said():
    flat = torch.full((1, 1, 256, 256), 0.5)
    random = torch.Generator().manual_seed(0)
    spoilt = degrade(flat, {**STILL, "shot": [0.01, 0.01], "read": [0.03, 0.03], "noise_blur": [1.0, 1.0]}, random)
    assert float(spoilt.var()) == pytest.approx(0.01 * 0.5 + 0.03**2, rel=1e-3)


def test_blur_has_the_width_that_is_said_for_each_image():
    point = torch.zeros(2, 1, 31, 31)
    point[..., 15, 15] = 1.0
    blurred = gaussian_blur(point, torch.tensor([0.0, 2.0]).view(2, 1, 1, 1))
    torch.testing.assert_close(blurred[0], point[0])
    offsets = torch.arange(31.0) - 15
    variance = float((blurred[1, 0].sum(0) * offsets.square()).sum())
    assert variance == pytest.approx(4.0, rel=0.05)
    assert float(blurred[1].sum()) == pytest.approx(1.0, rel=1e-5)


def test_light_is_standardised_and_smooth():
    field = draw_light_field(torch.zeros(2, 1, 64, 48), (30, 30), torch.Generator().manual_seed(0))
    torch.testing.assert_close(field.mean(dim=(2, 3)), torch.zeros(2, 1), atol=1e-5, rtol=0)
    torch.testing.assert_close(field.std(dim=(2, 3)), torch.ones(2, 1))
    assert float((field[..., 1:] - field[..., :-1]).abs().max()) < 0.5


def test_the_same_generator_gives_the_same_pairs():
    ranges = built().params["degradation"]
    first, second, other = (degrade(pictures(2), ranges, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1


def test_a_step_descends_the_sum_of_the_three_terms():
    method, high = built(), pictures(2)
    method.random.manual_seed(3)
    spoilt = degrade(high, method.params["degradation"], torch.Generator().manual_seed(3))
    with torch.no_grad():
        detail, image = method.generator(high_frequency(2 * spoilt - 1))
        expected = functional.l1_loss(image, 2 * high - 1) + functional.l1_loss(detail, high_frequency(2 * high - 1))
        expected += functional.l1_loss(high_frequency(image), detail)
    assert float(method.training_step(high)["total"].detach()) == pytest.approx(float(expected), rel=1e-5)


def test_rates_follow_the_schedule_to_zero():
    method = SCRNet(resolve_params(get_plugin("methods", "scrnet"), "smoke", None, {}))
    method.total_steps = 200
    method.build()
    schedule = method.optimizers["generator"].schedule
    assert schedule(0) == schedule(148) == 1e-3
    assert schedule(149) == pytest.approx(1e-3 * 50 / 51)
    assert schedule(199) == 0.0


def test_it_learns_from_good_images_alone_at_multiples_of_its_depth():
    method = built()
    assert method.learns_from == ("high",)
    assert method.multiple == 16
