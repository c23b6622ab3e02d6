"""StillGAN's networks: parameter counts, tensor order, sizes and learning-rate schedule in closed form."""

import pytest
import torch

from methods.stillgan.networks import Generator
from sspbench import PatchGAN, init_normal
from sspbench.training.optimizers import constant_then_linear, epoch_at_step


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("channels", "expected"), [(1, 78_642_561), (3, 78_643_971)])
def test_generator_has_the_published_number_of_parameters(channels, expected):
    with torch.device("meta"):
        generator = Generator(channels)
    assert count(generator) == expected
    assert len(generator.official_tensors()) == 98


@pytest.mark.parametrize(("channels", "expected"), [(1, 2_762_689), (3, 2_764_737)])
def test_discriminator_has_the_published_number_of_parameters(channels, expected):
    with torch.device("meta"):
        discriminator = PatchGAN(channels)
    assert count(discriminator) == expected
    assert len(discriminator.official_tensors()) == 10


def test_official_order_is_each_tensor_once_and_the_registration_order_by_level():
    generator = Generator(base=2)
    tensors = generator.official_tensors()
    assert {id(t) for t in tensors} == {id(p) for p in generator.parameters()}
    down = generator.down[0]
    expected = [down.conv_a.weight, down.conv_a.bias, down.conv_b.weight, down.conv_b.bias, down.shortcut.weight]
    assert all(a is b for a, b in zip(tensors, expected, strict=False))
    assert tensors[40] is generator.up[0].conv.weight
    assert tensors[42] is generator.merge[0].conv_a.weight
    assert tensors[-1] is generator.out.bias


@pytest.mark.parametrize(("size", "scores"), [(256, 30), (384, 46), (512, 62)])
def test_discriminator_output_size(size, scores):
    with torch.device("meta"):
        assert PatchGAN(base=2)(torch.empty(1, 1, size, size)).shape == (1, 1, scores, scores)


def test_generator_keeps_the_size_where_it_divides_and_fails_at_384():
    with torch.device("meta"):
        generator = Generator(base=2)
        assert generator(torch.empty(1, 1, 256, 512)).shape == (1, 1, 256, 512)
        with pytest.raises(RuntimeError):
            generator(torch.empty(1, 1, 384, 384))


def test_initial_weights_are_normal_with_zero_biases():
    torch.manual_seed(0)
    network = PatchGAN(base=16)
    init_normal(network)
    weights = torch.cat([conv.weight.detach().flatten() for conv in network.middle])
    assert float(weights.std()) == pytest.approx(0.02, rel=0.02)
    assert abs(float(weights.mean())) < 1e-3
    assert all(not conv.bias.any() for conv in (network.first, *network.middle, network.last))


@pytest.mark.parametrize(
    ("epoch", "rate"), [(1, 2e-4), (99, 2e-4), (100, 1.980e-4), (150, 9.90e-5), (199, 1.98e-6), (200, 0.0)]
)
def test_learning_rate_decays_early_and_ends_at_zero(epoch, rate):
    assert constant_then_linear(2e-4, 99, 101, 200, 200)(epoch - 1) == pytest.approx(rate, rel=1e-3, abs=1e-18)


def test_last_epoch_has_rate_exactly_zero():
    assert constant_then_linear(2e-4, 99, 101, 200, 200)(199) == 0.0


def test_epochs_are_spread_over_the_steps():
    assert [epoch_at_step(step, 68_000, 200) for step in (0, 339, 340, 67_659, 67_660, 67_999)] == [
        1,
        1,
        2,
        199,
        200,
        200,
    ]
    assert epoch_at_step(0, 10, 200) == 1
    assert epoch_at_step(10, 10, 200) == epoch_at_step(9, 10, 200)
