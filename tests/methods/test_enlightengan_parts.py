"""EnlightenGAN's losses, random draws and learning rate against closed forms."""

import pytest
import torch

from methods.enlightengan.method import feature_distance
from methods.enlightengan.sampling import cut_patch, darken, draw_patch_corners, flip_jointly
from sspbench.training.losses import lsgan_loss, relativistic_lsgan_loss
from sspbench.training.networks.vgg16 import random_vgg16
from sspbench.training.optimizers import epoch_at_step, linear_decay_factor


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_relativistic_loss_of_constants():
    real, fake = torch.full((2, 1, 3, 3), 0.75), torch.full((2, 1, 3, 3), 0.25)
    assert float(relativistic_lsgan_loss(real, fake)) == pytest.approx(((0.5 - 1) ** 2 + (-0.5 - 0) ** 2) / 2)
    assert float(relativistic_lsgan_loss(fake, real)) == pytest.approx(((-0.5 - 1) ** 2 + (0.5 - 0) ** 2) / 2)


def test_relativistic_loss_compares_with_the_mean():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 2.0])
    expected = (((0.0 - 0.5 - 1) ** 2 + (2.0 - 0.5 - 1) ** 2) / 2 + ((-1.0 - 1.0) ** 2 + (2.0 - 1.0) ** 2) / 2) / 2
    assert float(relativistic_lsgan_loss(real, fake)) == pytest.approx(expected)
    assert float(lsgan_loss(real, 1.0)) == pytest.approx(1.0)


def test_feature_distance_is_zero_for_equals_and_blind_to_gain_at_the_first_layer():
    vgg = random_vgg16(0, width=0.125)
    x = torch.rand(1, 3, 32, 32, generator=seeded()) * 2 - 1
    assert float(feature_distance(vgg, x, x, "relu5_1")) == 0
    darker = (x + 1) * 0.5 - 1
    assert float(feature_distance(vgg, darker, x, "relu1_1")) < 1e-3
    assert float(feature_distance(vgg, x.flip(-1), x, "relu1_1")) > 0.1


def test_feature_distance_sends_gradients_through_the_first_image_only():
    vgg = random_vgg16(0, width=0.125)
    x, target = (torch.rand(1, 3, 32, 32, generator=seeded(i)).requires_grad_() for i in range(2))
    feature_distance(vgg, x, target).backward()
    assert x.grad is not None and x.grad.abs().sum() > 0
    assert target.grad is None


def test_flips_are_joint_and_fair():
    a = torch.arange(4.0).view(1, 1, 2, 2).repeat(400, 1, 1, 1)
    first, second = flip_jointly(a, a + 10, seeded())
    assert torch.equal(first + 10, second)
    corner = first[:, 0, 0, 0]
    assert all(60 < int((corner == value).sum()) < 140 for value in range(4))


def test_darkening_divides_half_of_the_images_by_two_to_four():
    images = torch.full((2000, 1, 1, 1), 0.5)
    ratio = (1.5 / (darken(images, (200, 400), seeded()) + 1)).flatten()
    darkened = ratio[ratio > 1.5]
    assert 900 < len(darkened) < 1100
    assert darkened.min() == pytest.approx(2, abs=0.02) and darkened.max() == pytest.approx(4, abs=0.02)
    assert torch.equal(darken(images, (200, 400), seeded())[ratio < 1.5], images[ratio < 1.5])


def test_patches_never_begin_at_the_last_position():
    corners = draw_patch_corners(35, 34, 32, 300, seeded())
    assert {top for top, _ in corners} == {0, 1, 2}
    assert {left for _, left in corners} == {0, 1}
    assert cut_patch(torch.zeros(2, 3, 35, 34), corners[0], 32).shape == (2, 3, 32, 32)


@pytest.mark.parametrize(
    ("epoch", "rate"), [(1, 1e-4), (100, 1e-4), (101, 1e-4), (102, 9.9e-5), (150, 5.1e-5), (200, 1e-6)]
)
def test_learning_rate_has_a_plateau_of_101_epochs(epoch, rate):
    assert 1e-4 * linear_decay_factor(epoch, 101, 100) == pytest.approx(rate, rel=1e-9)


def test_epochs_are_spread_over_the_steps():
    assert [epoch_at_step(step, 2200, 200) for step in (0, 10, 11, 1110, 1111, 2199)] == [1, 1, 2, 101, 102, 200]
