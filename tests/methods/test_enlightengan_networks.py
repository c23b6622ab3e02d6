"""EnlightenGAN's networks: parameter counts, tensor order, sizes, attention and initialisation."""

import pytest
import torch

from methods.enlightengan.networks import Discriminator, Generator, attention_map, init_weights


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_generator_has_the_published_number_of_parameters():
    with torch.device("meta"):
        generator = Generator()
    assert count(generator) == 8_636_675
    assert len(generator.official_tensors()) == 114
    assert len(generator.state_dict()) == 131


@pytest.mark.parametrize(("layers", "expected", "tensors"), [(5, 11_154_369, 14), (4, 6_959_553, 12)])
def test_discriminators_have_the_published_number_of_parameters(layers, expected, tensors):
    with torch.device("meta"):
        discriminator = Discriminator(layers)
    assert count(discriminator) == expected
    assert len(discriminator.official_tensors()) == tensors


@pytest.mark.parametrize(("layers", "size", "scores"), [(5, 128, 7), (5, 320, 13), (5, 384, 15), (4, 32, 5)])
def test_discriminator_output_sizes(layers, size, scores):
    with torch.device("meta"):
        assert Discriminator(layers, base=2)(torch.empty(1, 3, size, size)).shape == (1, 1, scores, scores)


def test_official_order_is_each_tensor_once_conv_before_its_norm():
    generator = Generator(base=2)
    tensors = generator.official_tensors()
    buffers = [b for name, b in generator.named_buffers() if "num_batches" not in name]
    assert {id(t) for t in tensors} == {id(t) for t in [*generator.parameters(), *buffers]}
    first = generator.down[0][0]
    expected = [first.conv.weight, first.conv.bias, first.norm.weight, first.norm.bias, first.norm.running_mean]
    assert all(a is b for a, b in zip(tensors, expected, strict=False))
    assert tensors[60] is generator.up[0].up.weight
    assert tensors[-3] is generator.up[-1].second.bias
    assert tensors[-1] is generator.out.bias


@pytest.mark.parametrize("size", [(64, 64), (37, 50), (100, 33)])
def test_any_size_comes_back_and_the_residual_is_the_difference(size):
    torch.manual_seed(0)
    x = torch.rand(1, 3, *size) * 2 - 1
    generator = Generator(base=2).eval()
    with torch.no_grad():
        y, residual = generator(x, attention_map(x))
    assert y.shape == x.shape
    assert torch.allclose(y, x + residual, atol=1e-6)


def test_padding_puts_the_smaller_half_left_and_on_top():
    torch.manual_seed(0)
    generator = Generator(base=2).eval()
    x = torch.rand(1, 3, 45, 61) * 2 - 1
    rows, columns = torch.arange(48), torch.arange(64)
    rows = (rows - 1).abs()
    columns = (columns - 1).abs()
    rows, columns = 44 - (44 - rows).abs(), 60 - (60 - columns).abs()
    padded = x[..., rows[:, None], columns[None]]
    with torch.no_grad():
        whole = generator(padded, attention_map(padded))[0][..., 1:46, 1:62]
        assert torch.allclose(generator(x, attention_map(x))[0], whole, atol=1e-6)


def test_attention_is_one_in_the_dark_and_stops_the_residual_in_the_light():
    x = torch.full((1, 3, 32, 32), -1.0)
    x[..., 16:] = 1.0
    attention = attention_map(x)
    assert attention.shape == (1, 1, 32, 32)
    assert torch.allclose(attention[..., :16], torch.ones(1)) and float(attention[..., 16:].abs().max()) < 1e-6
    torch.manual_seed(0)
    residual = Generator(base=2).eval()(x, attention)[1].detach()
    assert float(residual[..., 16:].abs().max()) < 1e-6 < float(residual[..., :16].abs().max())


def test_the_grid_of_the_enlargement_matters():
    torch.manual_seed(0)
    old, new = Generator(base=4, align_corners=True).eval(), Generator(base=4).eval()
    new.load_state_dict(old.state_dict())
    x = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert not torch.allclose(old(x, attention_map(x))[0], new(x, attention_map(x))[0], atol=1e-5)


def test_initial_weights():
    torch.manual_seed(0)
    generator = Generator(base=16)
    init_weights(generator)
    conv, norm = generator.down[4][1].conv, generator.down[4][1].norm
    assert float(conv.weight.detach().std()) == pytest.approx(0.02, rel=0.01)
    bound = 1 / (256 * 9) ** 0.5
    assert bound * 0.95 < float(conv.bias.detach().abs().max()) <= bound
    assert float(norm.weight.detach().mean()) == pytest.approx(1, abs=0.01)
    assert float(norm.weight.detach().std()) == pytest.approx(0.02, rel=0.2)
    assert not norm.bias.any()
