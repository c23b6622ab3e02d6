"""Adversarial losses in closed form, and initial weights."""

import math

import pytest
import torch
from torch import nn

from sspbench import (
    init_normal,
    init_xavier,
    lsgan_discriminator_loss,
    lsgan_loss,
    relativistic_lsgan_loss,
    vanilla_gan_loss,
)


def test_least_squares_of_constants():
    quarter = torch.full((2, 1, 3, 3), 0.25)
    assert float(lsgan_loss(quarter, 1.0)) == pytest.approx(0.5625)
    assert float(lsgan_loss(quarter, 0.0)) == pytest.approx(0.0625)
    assert float(lsgan_discriminator_loss(real=quarter, fake=quarter)) == pytest.approx((0.5625 + 0.0625) / 2)


def test_relativistic_wants_a_distance_of_one():
    scores = torch.tensor([3.0, 3.0])
    assert float(relativistic_lsgan_loss(scores + 1, scores)) == pytest.approx(0.5)  # below wants 0, is at -1
    assert float(relativistic_lsgan_loss(scores, scores)) == pytest.approx(0.5)
    assert float(relativistic_lsgan_loss(scores, scores + 1)) == pytest.approx(2.5)


def test_vanilla_is_the_cross_entropy_of_the_sigmoid():
    logits = torch.tensor([math.log(3.0)])  # a probability of 3 / 4
    assert float(vanilla_gan_loss(logits, real=True)) == pytest.approx(-math.log(0.75))
    assert float(vanilla_gan_loss(logits, real=False)) == pytest.approx(-math.log(0.25))


@pytest.mark.parametrize(("start", "sd"), [(init_normal, 0.02), (init_xavier, 0.02 * math.sqrt(2 / (16 * 9 + 32 * 9)))])
def test_initial_weights(start, sd):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(16, 32, 3), nn.ConvTranspose2d(32, 16, 3, bias=False))
    start(network)
    for layer in network:
        assert float(layer.weight.detach().std()) == pytest.approx(sd, rel=0.05)
    assert not network[0].bias.any()
