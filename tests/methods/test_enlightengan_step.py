"""One training step of EnlightenGAN against a step written out by hand."""

import copy

import pytest
import torch
from torch.nn import functional

from methods.enlightengan.method import EnlightenGAN, feature_distance
from methods.enlightengan.networks import attention_map
from methods.enlightengan.sampling import cut_patch, darken, draw_patch_corners, flip_jointly
from tests.recorded_steps import Recorded, changed_params

TINY = {"width": 1 / 16, "vgg_width": 1 / 16, "patch_side": 32}


def params(**changes):
    return changed_params("enlightengan", TINY, changes)


class Watched(Recorded, EnlightenGAN):
    """Records the losses that it descends."""


@pytest.fixture(scope="module")
def stepped():
    torch.manual_seed(0)
    method = Watched(params())
    method.total_steps = 200
    method.build()
    start = copy.deepcopy(method.networks)
    method.random.manual_seed(5)
    batch = [torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2)]
    method.training_step(*batch)
    return method, start, batch


def images(start, batch):
    """What the step saw: original, normal light, enhanced, and the patch corners."""
    random = torch.Generator().manual_seed(5)
    original, normal = flip_jointly(2 * batch[0] - 1, 2 * batch[1] - 1, random)
    given = darken(original, (200, 400), random).repeat(1, 3, 1, 1)
    original, normal = original.repeat(1, 3, 1, 1), normal.repeat(1, 3, 1, 1)
    enhanced = start["generator"](given, attention_map(given))[0]
    return original, normal, enhanced, draw_patch_corners(64, 64, 32, 6, random)


def same(first, second):
    return all(torch.equal(p, q) for p, q in zip(first.parameters(), second.parameters(), strict=True))


def mse(scores, target):
    return functional.mse_loss(scores, torch.full_like(scores, target))


def test_generator_steps_first_and_its_loss_is_the_published_sum(stepped):
    method, start, batch = stepped
    assert [names for names, *_ in method.descents] == [
        ("generator",),
        ("discriminator_global",),
        ("discriminator_local",),
    ]
    start = copy.deepcopy(start)
    with torch.no_grad():
        original, normal, enhanced, corners = images(start, batch)
        real, fake = start["discriminator_global"](normal), start["discriminator_global"](enhanced)
        expected = (mse(real - fake.mean(), 0.0) + mse(fake - real.mean(), 1.0)) / 2
        expected += feature_distance(method.vgg, enhanced, original)
        for corner in corners:
            patch = cut_patch(enhanced, corner, 32)
            expected += mse(start["discriminator_local"](patch), 1.0) / 6
            expected += feature_distance(method.vgg, patch, cut_patch(original, corner, 32)) / 6
    assert method.descents[0][1] == pytest.approx(float(expected), rel=1e-4)


def test_discriminators_judge_the_images_made_before_the_generator_step(stepped):
    method, start, batch = stepped
    start = copy.deepcopy(start)
    with torch.no_grad():
        _, normal, enhanced, corners = images(start, batch)
        real, fake = start["discriminator_global"](normal), start["discriminator_global"](enhanced)
        whole = (mse(real - fake.mean(), 1.0) + mse(fake - real.mean(), 0.0)) / 2
        judge = start["discriminator_local"]
        pairs = [(judge(cut_patch(normal, corner, 32)), judge(cut_patch(enhanced, corner, 32))) for corner in corners]
        local = sum(0.5 * (mse(good, 1.0) + mse(bad, 0.0)) for good, bad in pairs) / 6
    assert method.descents[1][1] == pytest.approx(float(whole), rel=1e-4)
    assert method.descents[2][1] == pytest.approx(float(local), rel=1e-4)


def test_each_optimiser_moves_its_own_network_and_batch_norm_sees_one_forward(stepped):
    method, start, _ = stepped
    after_generator = method.descents[1][2]
    for name in ("discriminator_global", "discriminator_local"):
        assert same(start[name], after_generator[name])
        assert not same(start[name], method.networks[name])
    assert int(method.networks["generator"].down[0][0].norm.num_batches_tracked) == 1
    assert all(parameter.grad is None for parameter in method.vgg.parameters())


def test_the_source_of_vgg_is_noted_and_inference_does_without(stepped):
    method, _, _ = stepped
    assert method.notes["VGG"] in ("random", "torchvision")
    bare = EnlightenGAN(params(vgg16="missing.safetensors"))
    bare.inference_only = True
    bare.build()
    assert bare.optimizers == {} and bare.notes == {}


@pytest.mark.parametrize("size", [(64, 64), (37, 50), (5, 9)])
def test_enhancing_keeps_size_range_and_input(size):
    torch.manual_seed(0)
    method = EnlightenGAN(params())
    method.build()
    method.inference_mode()
    x = torch.rand(1, 1, *size)
    before = x.clone()
    with torch.no_grad():
        result = method.translate(x)
    assert result.shape == x.shape
    assert float(result.min()) >= 0 and float(result.max()) <= 1
    assert torch.equal(x, before)
