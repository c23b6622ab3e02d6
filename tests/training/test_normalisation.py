"""Instance norm: torch's values to rounding, and gradients that no memory layout changes, for one image too."""

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


@pytest.mark.parametrize("affine", [False, True])
def test_values_and_state_are_torch_s(affine):
    x = noise(2, 6, 9, 7)
    own, torch_s = (kind(6, affine=affine).double() for kind in (InstanceNorm2d, nn.InstanceNorm2d))
    for parameter in own.parameters():
        nn.init.uniform_(parameter, 0.5, 2.0)
    torch_s.load_state_dict(own.state_dict())
    assert torch.allclose(own(x), torch_s(x), rtol=0, atol=1e-14)
    assert torch.allclose(instance_norm(x, 1e-3), functional.instance_norm(x, eps=1e-3), rtol=0, atol=1e-14)


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
