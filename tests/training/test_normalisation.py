"""Instance norm: torch's values, and gradients that no memory layout changes, for one image too."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from sspbench import InstanceNorm2d, instance_norm

FORMATS = (torch.contiguous_format, torch.channels_last)


def noise(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def by_hand(x, eps=1e-5):
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) / ((x - mean).square().mean((2, 3), keepdim=True) + eps).sqrt()


@pytest.mark.parametrize("incoming", FORMATS)
@pytest.mark.parametrize("batch", [1, 2])
def test_gradient_is_that_of_the_formula(batch, incoming):
    x, gradient = noise(batch, 6, 9, 7), noise(batch, 6, 9, 7, seed=1)
    found, wanted = (x.clone().requires_grad_() for _ in range(2))
    instance_norm(found).backward(gradient.contiguous(memory_format=incoming))
    by_hand(wanted).backward(gradient)
    assert float((found.grad - wanted.grad).abs().max()) < 1e-13


def test_values_are_torch_s_to_the_last_bit():
    x = noise(2, 6, 9, 7)
    assert torch.equal(instance_norm(x), functional.instance_norm(x))
    assert torch.equal(InstanceNorm2d(6, affine=True).double()(x), nn.InstanceNorm2d(6, affine=True).double()(x))
    assert not InstanceNorm2d(6).state_dict()


@pytest.mark.parametrize("affine", [False, True])
def test_a_norm_between_convolutions_has_the_same_gradients_in_both_layouts(affine):
    torch.manual_seed(0)
    block = nn.Sequential(nn.Conv2d(3, 4, 3), InstanceNorm2d(4, affine=affine), nn.Conv2d(4, 2, 3)).double()
    x, found = noise(1, 3, 12, 10), []
    for layout in FORMATS:
        block.zero_grad()
        block.to(memory_format=layout)(x.contiguous(memory_format=layout)).square().sum().backward()
        found.append([parameter.grad.clone() for parameter in block.parameters()])
    for first, second in zip(*found, strict=True):
        assert torch.allclose(first, second, rtol=1e-9, atol=1e-12)
