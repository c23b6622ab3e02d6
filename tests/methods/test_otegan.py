"""OTE-GAN: sizes, MS-SSIM, and one step written out by hand."""

import pytest
import torch

from methods.otegan.losses import compute_similarities, gradient_penalty, ms_ssim
from methods.otegan.method import OTEGAN
from methods.otegan.networks import Critic, Generator
from sspbench.config.plan import resolve_params
from sspbench.errors import UserError
from sspbench.plugins.discovery import get_plugin
from tests.recorded_steps import Recorded


class Watched(Recorded, OTEGAN):
    """Records the losses that it descends."""


def built(kind=OTEGAN, preset="smoke", **overrides):
    method = kind(resolve_params(get_plugin("methods", "otegan"), preset, None, overrides))
    torch.manual_seed(0)
    method.build()
    return method


def pictures(count, seed=0, side=128):
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(seed))


def count(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("base", "growth", "expected"), [(80, 48, 4_470_699), (16, 8, 156_395)])
def test_parameters_of_the_generator(base, growth, expected):
    with torch.device("meta"):
        network = Generator(3, base, growth)
    assert count(network) == expected
    assert len(network.official_tensors()) == 69
    assert {id(t) for t in network.official_tensors()} == {id(p) for p in network.parameters()}


def test_parameters_of_the_critic():
    with torch.device("meta"):
        network = Critic()
    assert count(network) == 8_393_665
    assert len(network.official_tensors()) == 18


def test_the_generator_starts_from_the_image_and_stays_in_range():
    network, images = Generator(1, 4, 2), pictures(1, side=20)
    with torch.no_grad():
        network.out.weight.zero_()
        assert torch.equal(network(images), images)
        network.out.weight.fill_(100.0)
        assert 0 <= float(network(images).min()) <= float(network(images).max()) <= 1


def test_ms_ssim_of_equal_flat_and_inverted_images():
    images = pictures(2)
    torch.testing.assert_close(ms_ssim(images, images, 3), torch.ones(2))
    flat = torch.full((1, 1, 64, 64), 0.5)
    luminance = (2 * 0.5 * 0.25 + 1e-4) / (0.25 + 0.0625 + 1e-4)
    assert float(compute_similarities(flat, flat / 2)[0]) == pytest.approx(luminance, rel=1e-3)
    inverted = (1 - images).requires_grad_()
    value = ms_ssim(images, inverted, 3).sum()
    assert float(value.detach()) < 1e-3
    assert torch.isfinite(torch.autograd.grad(value, inverted)[0]).all()


def test_ms_ssim_sees_shapes_where_plain_differences_see_light():
    images = pictures(1)
    darker, noisy = 0.8 * images, images + 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    assert float(ms_ssim(images, darker, 3)) > float(ms_ssim(images, noisy, 3))


def test_too_many_scales_are_refused():
    with pytest.raises(ValueError, match="too small for 5 scales"):
        ms_ssim(pictures(1), pictures(1))


def test_a_critic_of_unit_slope_has_no_penalty():
    class Mean(torch.nn.Module):
        def forward(self, x):
            return x.flatten(1).sum(1, keepdim=True) / x[0].numel() ** 0.5

    real, fake = pictures(2, 1, 8), pictures(2, 2, 8)
    assert float(gradient_penalty(Mean(), real, fake, torch.rand(2, 1, 1, 1))) == pytest.approx(0.0, abs=1e-10)


@pytest.fixture(scope="module")
def stepped():
    method = built(Watched)
    method.random.manual_seed(3)
    low, high = pictures(2, 1), pictures(2, 2)
    method.training_step(low, high)
    return method, low, high


def same(first, second):
    return all(torch.equal(p, q) for p, q in zip(first.parameters(), second.parameters(), strict=True))


def test_the_critic_steps_twice_then_the_generator(stepped):
    method, _, _ = stepped
    assert [names for names, *_ in method.descents] == [("critic",), ("critic",), ("generator",)]
    first, second, third = (nets for *_, nets in method.descents)
    assert same(first["generator"], third["generator"])
    assert not same(first["critic"], second["critic"])
    assert not same(second["critic"], third["critic"])
    assert same(third["critic"], method.networks["critic"])
    assert not same(third["generator"], method.networks["generator"])


def test_each_descent_is_the_published_loss(stepped):
    method, low, high = stepped
    (_, judged, first), (_, penalty, second), (_, total, third) = method.descents
    with torch.no_grad():
        fake = first["generator"](low)
        assert judged == pytest.approx(float(first["critic"](fake).mean() - first["critic"](high).mean()), abs=1e-6)
        cost = 1 - ms_ssim(fake, low, method.params["scales"]).mean()
        assert total == pytest.approx(float(45 * cost - third["critic"](fake).mean()), rel=1e-5)
    share = torch.rand(2, 1, 1, 1, generator=torch.Generator().manual_seed(3))
    assert penalty == pytest.approx(
        10 * float(gradient_penalty(second["critic"], high, fake, share).detach()), rel=1e-4
    )


def test_the_squared_cost_is_the_mean_squared_difference():
    method = built(Watched, cost="squared")
    low = pictures(1)
    found = method.training_step(low, pictures(1, 1))["transport"]
    with torch.no_grad():
        expected = (method.descents[2][2]["generator"](low) - low).square().mean()
    assert float(found.detach()) == pytest.approx(float(expected), rel=1e-5)


def test_rates_fall_to_a_tenth_halfway():
    method = OTEGAN(resolve_params(get_plugin("methods", "otegan"), "smoke", None, {}))
    method.total_steps = 200
    method.build()
    for name, lr in (("generator", 2e-4), ("critic", 4e-4)):
        schedule = method.optimizers[name].schedule
        assert schedule(0) == schedule(99) == pytest.approx(lr)
        assert schedule(100) == schedule(199) == pytest.approx(lr / 10)


def test_sizes_that_do_not_fit_are_told_at_once():
    with pytest.raises(UserError) as caught:
        built(batches={"crop": 100}, scales=5)
    for part in ("a multiple of 128, not 100", "side 100 are too small for 5 scales"):
        assert part in str(caught.value)
