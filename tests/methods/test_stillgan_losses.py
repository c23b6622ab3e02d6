"""StillGAN's losses against closed forms."""

import pytest
import torch

from methods.stillgan.losses import crop_centre, draw_structure_noise, illumination_loss, structure_loss


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_central_region_of_512_is_384_and_too_small_images_are_refused():
    image = torch.zeros(1, 1, 512, 512)
    image[..., 64:448, 64:448] = 1
    assert crop_centre(image, 384).min() == 1
    with pytest.raises(ValueError, match="does not fit"):
        crop_centre(torch.zeros(1, 1, 100, 400), 128)


def test_even_light_costs_nothing_and_a_step_costs_its_height():
    assert float(illumination_loss(torch.full((1, 1, 96, 96), 0.3), 12, 96)) == pytest.approx(0, abs=1e-6)
    step = torch.full((1, 1, 96, 96), -0.5)
    step[..., 48:] = 0.5
    # a step of 0.5 in [0, 1] leaves -0.25 and +0.25; only near the edge does the interpolation deviate
    assert float(illumination_loss(step, 12, 96)) == pytest.approx(0.25, rel=0.06)


def test_illumination_needs_the_absolute_value():
    image = noise(1, 1, 96, 96)
    assert float(illumination_loss(image, 12, 96)) > 1e-3


def test_illumination_is_blind_outside_the_region():
    image = noise(1, 1, 128, 128)
    other = image.clone()
    other[..., :16, :] = 1.0
    assert illumination_loss(image, 12, 96) == illumination_loss(other, 12, 96)


def test_patches_must_tile_the_region():
    with pytest.raises(ValueError, match="do not tile"):
        illumination_loss(torch.zeros(1, 1, 96, 96), 13, 96)


def test_structure_ignores_gain_and_sees_inversion():
    x = noise(1, 1, 64, 64) * 0.5
    none = torch.zeros_like(x)
    assert float(structure_loss(x, x, none, 64)) == pytest.approx(0, abs=1e-6)
    assert float(structure_loss(x, 0.5 * x, none, 64)) < 0.02
    assert float(structure_loss(x, -x, none, 64)) > 1.5


def test_structure_is_finite_and_zero_for_flat_black_images_thanks_to_the_noise():
    x = torch.full((1, 1, 64, 64), -1.0)
    y = x.clone().requires_grad_()
    field = draw_structure_noise(x, 64, torch.Generator().manual_seed(1))
    loss = structure_loss(x, y, field, 64)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0, abs=1e-5)
    assert torch.isfinite(y.grad).all()


def test_structure_noise_is_repeatable_with_the_right_spread():
    x = torch.zeros(2, 1, 128, 128)
    fields = [draw_structure_noise(x, 96, torch.Generator().manual_seed(3)) for _ in range(2)]
    assert torch.equal(*fields)
    assert fields[0].shape == (2, 1, 96, 96)
    assert float(fields[0].std()) == pytest.approx(0.01, rel=0.02)


def test_structure_keeps_full_precision_under_autocast():
    x, y = (noise(1, 1, 64, 64, seed=seed) * 0.02 + 0.9 for seed in (1, 2))
    field = draw_structure_noise(x, 64, torch.Generator().manual_seed(1))
    expected = structure_loss(x, y, field, 64)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(structure_loss(x, y, field, 64), expected)
