"""One training step of StillGAN against a step written out by hand."""

import pytest
import torch
from torch.nn import functional

from methods.stillgan.losses import draw_structure_noise, illumination_loss, structure_loss
from methods.stillgan.method import StillGAN
from sspbench.errors import UserError
from tests.recorded_steps import Recorded, changed_params

TINY = {"width": 1 / 32, "depth": 3, "roi": 32, "patches": [8, 16], "inference_side": None, "batches": {"crop": 48}}


def params(**changes):
    return changed_params("stillgan", TINY, changes)


class Watched(Recorded, StillGAN):
    """Records the losses that it descends."""


@pytest.fixture(scope="module")
def stepped():
    torch.manual_seed(0)
    method = Watched(params())
    method.total_steps = 200
    method.build()
    method.random.manual_seed(5)
    batch = [torch.rand(1, 1, 48, 48, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2)]
    method.training_step(*batch)
    return method, batch


def same(first, second):
    return all(torch.equal(p, q) for p, q in zip(first.parameters(), second.parameters(), strict=True))


def mse(scores, target):
    return functional.mse_loss(scores, torch.full_like(scores, target))


def test_generators_step_first_and_their_loss_is_the_published_sum(stepped):
    method, (low, high) = stepped
    assert [names for names, *_ in method.descents] == [("generators",), ("discriminators",)]
    _, total, nets = method.descents[0]
    a, b = 2 * low - 1, 2 * high - 1
    random = torch.Generator().manual_seed(5)
    noises = [draw_structure_noise(a, 32, random) for _ in range(2)]
    with torch.no_grad():
        fake_b, fake_a = nets["generator_high"](a), nets["generator_low"](b)
        expected = mse(nets["discriminator_high"](fake_b), 1.0) + mse(nets["discriminator_low"](fake_a), 1.0)
        expected += 10 * functional.l1_loss(nets["generator_low"](fake_b), a)
        expected += 10 * functional.l1_loss(nets["generator_high"](fake_a), b)
        expected += 5 * functional.l1_loss(nets["generator_high"](b), b) + 5 * functional.l1_loss(
            nets["generator_low"](a), a
        )
        expected += 0.5 * (illumination_loss(fake_b, 8, 32) + illumination_loss(fake_b, 16, 32))
        expected += 5 * structure_loss(b, fake_a, noises[0], 32) + 5 * structure_loss(a, fake_b, noises[1], 32)
    assert total == pytest.approx(float(expected), rel=1e-5)


def test_discriminators_judge_the_fakes_made_before_the_generators_step(stepped):
    method, (low, high) = stepped
    before, after = method.descents[0][2], method.descents[1][2]
    a, b = 2 * low - 1, 2 * high - 1
    assert not same(before["generator_high"], after["generator_high"])
    with torch.no_grad():
        expected = 0.0
        for judge, real, fake in (
            ("discriminator_high", b, before["generator_high"](a)),
            ("discriminator_low", a, before["generator_low"](b)),
        ):
            expected += 0.5 * (mse(after[judge](real), 1.0) + mse(after[judge](fake), 0.0))
    assert method.descents[1][1] == pytest.approx(float(expected), rel=1e-5)


def test_each_optimiser_moves_its_own_networks_only(stepped):
    method, _ = stepped
    start, middle = method.descents[0][2], method.descents[1][2]
    for name in ("discriminator_high", "discriminator_low"):
        assert same(start[name], middle[name])
        assert not same(middle[name], method.networks[name])
    for name in ("generator_high", "generator_low"):
        assert same(middle[name], method.networks[name])


def test_rates_follow_the_schedule_to_zero():
    method = StillGAN(params())
    method.total_steps = 400
    method.build()
    schedule = method.optimizers["generators"].schedule
    assert schedule(0) == schedule(197) == 2e-4
    assert schedule(198) == pytest.approx(1.980e-4, rel=1e-3)
    assert schedule(399) == 0.0


def test_enhancing_keeps_size_with_and_without_resizing():
    torch.manual_seed(0)
    for side in (None, 64):
        method = StillGAN(params(inference_side=side))
        method.build()
        assert method.multiple == (8 if side is None else 1)
        with torch.no_grad():
            result = method.translate(torch.rand(1, 1, 40, 48))
        assert result.shape == (1, 1, 40, 48)
        assert float(result.min()) >= 0 and float(result.max()) <= 1


def test_sizes_that_do_not_fit_are_told_at_once():
    with pytest.raises(UserError) as caught:
        StillGAN(params(depth=5, roi=50, inference_side=100)).build()
    for part in ("side 48 are not a multiple of 32", "roi 50 is larger", "patches of 8", "inference_side 100"):
        assert part in str(caught.value)
