"""A convolution of doubled maps without making them: values and gradients of the two steps."""

import pytest
import torch
from torch.nn import functional

from sspbench import upsample2x_conv


def noise(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def in_two_steps(x, weight, bias):
    return functional.conv2d(functional.interpolate(x, scale_factor=2.0), weight, bias, padding=1)


@pytest.mark.parametrize("shape", [(2, 3, 7, 4), (1, 5, 1, 1), (1, 1, 2, 9)])
@pytest.mark.parametrize("biased", [True, False])
def test_values_and_gradients_are_those_of_doubling_and_convolving(shape, biased):
    given = [noise(*shape), noise(4, shape[1], 3, 3, seed=1), *([noise(4, seed=2)] if biased else [])]
    results = []
    for function in (upsample2x_conv, in_two_steps):
        leaves = [tensor.clone().requires_grad_() for tensor in given]
        values = function(*leaves, *([] if biased else [None]))
        values.backward(noise(*values.shape, seed=3))
        results.append([values, *(leaf.grad for leaf in leaves)])
    for ours, stock in zip(*results, strict=True):
        assert float((ours - stock).abs().max()) < 1e-12
